# The card of an account names its servers (as the card of the demo does) and user name, and no password.
account carol
run: settings ${carol}
out*: *${carol}*
run: settings ${carol} --json
out: *"user":"${carol}","host":"${host}","services"*
run: settings nobody-at-all@example.test
exit: 1

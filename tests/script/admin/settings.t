# The card of an account names its servers and user name, and no password.
account carol
run: settings ${carol}
out*: *${carol}*
run: settings ${carol} --json
out: *"user":"${carol}"*
run: settings nobody-at-all@example.test
exit: 1

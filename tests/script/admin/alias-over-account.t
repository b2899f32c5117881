# An alias takes an account's mail only when that is meant.
account carol
run: alias add ${carol} friend@far.example
exit: 1
run: alias show ${carol}
exit: 1
run: alias add ${carol} friend@far.example ${carol} --json
out: *"targets":["friend@far.example","${carol}"]}
run: alias remove ${carol} ${carol}
exit: 1
run: alias remove ${carol} ${carol} --divert
run: alias add ${mailbox}@example.test friend@far.example
run: account add ${mailbox}@example.test --random
exit: 1
run: alias add one-${mailbox}@example.test two-${mailbox}@example.test
run: alias add two-${mailbox}@example.test one-${mailbox}@example.test
exit: 1

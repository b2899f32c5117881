# An account gets another address and stays what it is: its mail, its number, its open session; the old address may stay as an alias.
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a SELECT INBOX
S1*: a OK *
run: account show ${carol} --json
out: *"id":"${id=[0-9a-f]{16}}"*
run: account rename ${carol} ${mailbox}@example.test --keep-alias
run: account show ${mailbox}@example.test --json
out: *"id":"${id}"*
run: account show ${carol}
exit: 1
run: alias show ${carol}
out*: *${mailbox}@example.test*
C1: b NOOP
S1: b OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${mailbox}@example.test ${carol.password}
S2*: l2 OK *
connect3 imap tls
S3: * OK *
C3: l3 LOGIN ${carol} ${carol.password}
S3: l3 NO [AUTHENTICATIONFAILED] *
run: account rename ${mailbox}@example.test alice@example.test
exit: 1
out: *exists already*
run: account rename ${mailbox}@example.test x@elsewhere.example
exit: 1
run: alias remove ${carol}
run: account remove ${mailbox}@example.test

# An alias leads to its targets, until they are removed.
account carol
run: alias add ${mailbox}@example.test ${carol} friend@far.example
out: alias: *${mailbox}@example.test
run: alias show ${mailbox}@example.test --json
out: {"alias":"${mailbox}@example.test","targets":["${carol}","friend@far.example"]}
run: alias list example.test --json
out: *"${mailbox}@example.test"*
run: alias remove ${mailbox}@example.test friend@far.example
run: alias show ${mailbox}@example.test --json
out: {"alias":"${mailbox}@example.test","targets":["${carol}"]}
connect smtp
S: 220 *
C: HELO c.example
S: 250 *
C: MAIL FROM:<x@far.example>
S: 250 *
C: RCPT TO:<${mailbox}@example.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: by alias
C:
C: .
S: 250 *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2*: a OK *
C2: b SELECT INBOX
S2*: * 1 EXISTS
S2*: b OK *
run: alias remove ${mailbox}@example.test
C: MAIL FROM:<x@far.example>
S: 250 *
C: RCPT TO:<${mailbox}@example.test>
S: 550 5.1.1 *
run: alias show ${mailbox}@example.test
exit: 1

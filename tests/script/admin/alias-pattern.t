# A pattern takes what has no address of its own; the one with more characters of its own goes first, the catch-all last.
account carol
account dave
run: domain add ${mailbox}.test
run: alias add sales-*@${mailbox}.test ${carol}
out: alias: *sales-\*@${mailbox}.test
run: alias add sales-us*@${mailbox}.test ${dave}
run: alias show sales-*@${mailbox}.test --json
out: *"pattern":true*
run: alias add *@${mailbox}.test ${carol}
exit: 2
out: *write @${mailbox}.test*
connect1 smtp
S1: 220 *
C1: HELO c.example
S1: 250 *
C1: MAIL FROM:<x@far.example>
S1: 250 *
C1: RCPT TO:<Sales-EU+x@${mailbox}.test>
S1: 250 *
C1: RCPT TO:<sales@${mailbox}.test>
S1: 550 5.1.1 *
C1: DATA
S1: 354 *
C1: Subject: one
C1:
C1: .
S1: 250 *
C1: MAIL FROM:<x@far.example>
S1: 250 *
C1: RCPT TO:<sales-us-east@${mailbox}.test>
S1: 250 *
C1: DATA
S1: 354 *
C1: Subject: two
C1:
C1: .
S1: 250 *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2*: a OK *
C2: b SELECT INBOX
S2*: * 1 EXISTS
S2*: b OK *
connect3 imap tls
S3: * OK *
C3: a LOGIN ${dave} ${dave.password}
S3*: a OK *
C3: b SELECT INBOX
S3*: * 1 EXISTS
S3*: b OK *
run: alias remove sales-*@${mailbox}.test
run: alias remove sales-us*@${mailbox}.test
run: domain remove ${mailbox}.test

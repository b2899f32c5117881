# A domain that stands for another has its addresses: for mail, for senders, for logins, and in both forms of its name.
account carol
run: domain add bücher-${mailbox}.test --alias-of example.test
out*: alias of: *example.test
run: domain add ${mailbox}.test --alias-of bücher-${mailbox}.test
exit: 1
out: *name that one*
run: account add x@bücher-${mailbox}.test --random
exit: 1
out: *no addresses of its own*
connect1 submission tls
S1: 220 *
C1: EHLO client.example
S1*: 250 *
C1: AUTH LOGIN
S1: 334 *
C1: ${base64:${carol.local}@BÜCHER-${mailbox}.test}
S1: 334 *
C1: ${carol.password64}
S1: 235 *
C1: MAIL FROM:<${carol.local}@bücher-${mailbox}.test> SMTPUTF8
S1: 250 *
C1: RCPT TO:<${carol.local}+tag@BÜCHER-${mailbox}.test>
S1: 250 *
C1: DATA
S1: 354 *
C1: From: <${carol}>
C1: Subject: hello
C1:
C1: .
S1: 250 *
C1: MAIL FROM:<nobody-else@bücher-${mailbox}.test> SMTPUTF8
S1: 553 5.7.1 *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2*: a OK *
C2: b SELECT INBOX
S2*: * 1 EXISTS
S2*: b OK *
run: domain remove example.test
exit: 1
run: domain set bücher-${mailbox}.test --alias-of none
C1: MAIL FROM:<${carol.local}@bücher-${mailbox}.test> SMTPUTF8
S1: 553 5.7.1 *
run: domain remove bücher-${mailbox}.test

# A full mailbox is a temporary answer at RCPT, one that is too small for the letter a final one (RFC 3463 3.3, RFC 5321 4.2.2).
account carol
run: account set ${carol} --quota 4K
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<a@b.example> SIZE=5000
S: 250 *
C: RCPT TO:<${carol}>
S: 552 5.2.3 *${carol}*
C: RSET
S: 250 *
run: account set ${carol} --quota 4K --quota-messages 1
C: MAIL FROM:<a@b.example> SIZE=100
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C: Subject: one
C:
C: .
S: 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<${carol}>
S: 452 4.2.2 *${carol}*
C: RCPT TO:<alice@example.test>
S: 250 *
run: account set ${carol} --quota-messages 5
C: RCPT TO:<${carol}>
S: 452 4.5.3 *
C: RSET
S: 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *

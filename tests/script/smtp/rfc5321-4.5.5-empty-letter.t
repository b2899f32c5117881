# An empty letter from the null path is a letter (RFC 5321 4.5.5).
account carol
connect1 smtp
S1: 220 *
C1: HELO c.example
S1: 250 *
C1: MAIL FROM:<>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1: .
S1: 250 *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2*: a OK *
C2: b STATUS INBOX (MESSAGES)
S2: * STATUS INBOX (MESSAGES 1)
S2: b OK *

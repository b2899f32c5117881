# A whole transaction in one packet (RFC 2920 3.1).
account carol
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C+: MAIL FROM:<a@b.example>
C+: RCPT TO:<${carol}>
C+: RCPT TO:<nobody-at-all@example.test>
C: DATA
S: 250 2.1.0 *
S: 250 2.1.5 *
S: 550 5.1.1 *
S: 354 *
C+: Subject: p
C+: 
C+: x
C+: .
C: QUIT
S: 250 2.0.0 *
S: 221 *
eof

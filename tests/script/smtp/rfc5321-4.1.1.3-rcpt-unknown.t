# An unknown address in our domain is refused at RCPT, a foreign domain is not relayed (RFC 5321 3.6.2, 4.1.1.3).
connect smtp
S: 220 *
C: EHLO client.example
S*: 250 *
C: RCPT TO:<${bob}>
S: 503 5.5.1 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<nobody-at-all@example.test>
S: 550 5.1.1 *
C: RCPT TO:<x@elsewhere.example>
S: 550 5.7.1 *
C: RCPT TO:<${bob}
S: 501 5.5.4 *
C: RCPT TO:<a b@example.test>
S: 501 5.1.3 *
C: DATA
S: 503 5.5.1 *
C: RCPT TO:<Postmaster>
S: 250 *
C: RSET
S: 250 *
C: RCPT TO:<${bob}>
S: 503 5.5.1 *

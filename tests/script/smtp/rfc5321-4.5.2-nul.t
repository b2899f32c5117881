# NUL in a letter is refused.
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<${bob}>
S: 250 *
C: DATA
S: 354 *
C~: Subject: x\r\n\r\nhel\0lo\r\n.\r\n
S: 554 5.6.0 *
eof

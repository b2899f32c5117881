# A bare LF never ends a letter, nor a line of it: the letter is refused and the connection closed (SMTP smuggling).
account carol
connect1 smtp
S1: 220 *
C1: EHLO c.example
S1*: 250 *
C1: MAIL FROM:<a@b.example>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1~: Subject: x\r\n\r\nhello\n.\nMAIL FROM:<smuggled@b.example>\r\nRCPT TO:<${carol}>\r\nDATA\r\nsmuggled\r\n.\r\n
S1: 554 5.6.0 *
eof1
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK 0 messages *

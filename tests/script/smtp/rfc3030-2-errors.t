# What is refused is read away and never run; what follows fails until RSET (RFC 3030 2).
account carol
connect1 submission tls
S1: 220 *
# before EHLO and AUTH, too
C1~: BDAT 6\r\nQUIT\r\nNOOP\r\n
S1: 503 5.5.1 *
S1: 250 *
C1: EHLO client.example
S1*: 250 HELP
C1~: BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n
S1: 530 5.7.0 *
S1: 250 *
C1: RSET
S1: 250 *
C1: AUTH PLAIN ${carol.plain}
S1: 235 *
# a group in one packet whose recipient is not taken
C1~: MAIL FROM:<${carol}>\r\nRCPT TO:<nobody@example.test>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n
S1: 250 *
S1: 550 *
S1: 503 5.5.1 *
S1: 503 5.5.1 *
S1: 250 *
# DATA does not go with it, nor further recipients
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1~: BDAT 6\r\nA: b\r\n
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 503 5.5.1 *
C1: DATA
S1: 503 5.5.1 *
C1: BDAT 0 LAST
S1: 503 5.5.1 *
C1: MAIL FROM:<${carol}>
S1: 503 5.5.1 *
C1: RSET
S1: 250 *
# more than SIZE takes, in sum: said before all is there to be stored, and framing holds
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1~: BDAT 6\r\nA: b\r\n
S1: 250 *
C1: BDAT 99999999999
S1: 552 5.3.4 *
eof1
# a size that can't be read leaves no frame
connect2 smtp
S2: 220 *
C2: EHLO client.example
S2*: 250 HELP
C2~: BDAT x\r\nNOOP\r\n
S2: 501 5.5.4 *
eof2
connect3 pop3 tls
S3: +OK *
C3: USER ${carol}
S3: +OK*
C3: PASS ${carol.password}
S3: +OK 0 messages *

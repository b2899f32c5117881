# A letter in chunks, however they are cut, with commands between them; dots are text (RFC 3030 2).
account carol
connect1 smtp
S1: 220 *
C1: EHLO client.example
S1*: 250-CHUNKING
S1*: 250 *
C1: MAIL FROM:<sender@elsewhere.example> SIZE=40
S1: 250 2.1.0 *
C1: RCPT TO:<${carol}>
S1: 250 2.1.5 *
C1~: BDAT 15\r\nSubject: one\r\n\r
S1: 250 2.0.0 15 octets received
C1: NOOP
S1: 250 *
C1~: BDAT 4\r\n\n.\r\nBDAT 3\r\n..xBDAT 2 LAST\r\n\r\n
S1: 250 2.0.0 4 octets received
S1: 250 2.0.0 3 octets received
S1: 250 2.0.0 Accepted and safely stored as *
# nothing is open any more
C1~: BDAT 5 LAST\r\nQUIT\nNOOP\r\n
S1: 503 5.5.1 *
S1: 250 *
# a chunk of nothing may be the last
C1: RSET
S1: 250 *
C1: MAIL FROM:<sender@elsewhere.example>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1~: BDAT 14\r\nSubject: two\r\n
S1: 250 *
C1: BDAT 0 LAST
S1: 250 2.0.0 Accepted *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK 2 messages *
C2: RETR 1
S2: +OK *
S2*: Subject: one
S2: 
S2: ..
S2: ...x
S2: .

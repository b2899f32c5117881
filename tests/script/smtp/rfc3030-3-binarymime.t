# BODY=BINARYMIME: every octet is kept, by BDAT only, and the header is text (RFC 3030 3).
account carol
connect1 smtp
S1: 220 *
C1: EHLO client.example
S1*: 250-BINARYMIME
S1*: 250 HELP
C1: MAIL FROM:<a@b.example> BODY=BINARYMIME
S1: 250 2.1.0 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 503 5.5.1 *
C1: RSET
S1: 250 *
C1~: MAIL FROM:<a@b.example> BODY=BINARYMIME\r\nRCPT TO:<${carol}>\r\nBDAT 6 LAST\r\nA: b\n\rRSET\r\n
S1: 250 *
S1: 250 *
S1: 554 5.6.0 *
S1: 250 *
C1: MAIL FROM:<a@b.example> BODY=BINARYMIME
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1~: BDAT 66\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n
S1: 250 *
C1~: BDAT 8 LAST\r\na\0b\nc\r\xffd
S1: 250 2.0.0 Accepted *
connect2 imap tls
S2: * OK *
C2: a1 LOGIN ${carol} ${carol.password}
S2*: a1 OK *
C2: a2 SELECT INBOX
S2*: * 1 EXISTS
S2*: a2 OK *
C2: a3 FETCH 1 BINARY[1]
S2: * 1 FETCH (BINARY[1] ~{8}
read2 exact 8
let want = a\0b\nc\r\xffd
equal ${exact} ${want}
S2: *)
S2: a3 OK *
# a literal can't have a NUL in it
C2: a4 FETCH 1 BODY[1]
S2: * 1 FETCH (BODY[1] {8}
read2 shown 8
let want = a\x80b\nc\r\xffd
equal ${shown} ${want}
S2: *)
S2: a4 OK *

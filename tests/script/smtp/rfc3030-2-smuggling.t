# What DATA would refuse is refused in chunks: it would leave here by DATA, where servers disagree about such ends.
account carol
connect1 smtp
S1: 220 *
C1: EHLO client.example
S1*: 250 HELP
C1~: MAIL FROM:<a@b.example>\r\nRCPT TO:<${carol}>\r\nBDAT 23 LAST\r\nSubject: x\r\n\r\nhi\r\n.\nabcRSET\r\n
S1: 250 *
S1: 250 *
S1: 554 5.6.0 *
S1: 250 *
C1~: MAIL FROM:<a@b.example>\r\nRCPT TO:<${carol}>\r\nBDAT 17\r\nSubject: x\r\n\r\nhi\rBDAT 2 LAST\r\n.\rRSET\r\n
S1: 250 *
S1: 250 *
S1: 250 *
S1: 554 5.6.0 *
S1: 250 *
# a CR at the end of a chunk, and its LF in the next
C1~: MAIL FROM:<a@b.example>\r\nRCPT TO:<${carol}>\r\nBDAT 17\r\nSubject: x\r\n\r\nhi\rBDAT 1 LAST\r\n\n
S1: 250 *
S1: 250 *
S1: 250 *
S1: 250 2.0.0 Accepted *
C1~: MAIL FROM:<a@b.example>\r\nRCPT TO:<${carol}>\r\nBDAT 6 LAST\r\nA:\0b\r\nRSET\r\n
S1: 250 *
S1: 250 *
S1: 554 5.6.0 *
S1: 250 *

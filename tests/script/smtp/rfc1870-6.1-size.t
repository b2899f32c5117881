# A letter that says itself that it is too large is refused at MAIL (RFC 1870 6.1).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250-SIZE ${most=\d+}
S*: 250 *
C: MAIL FROM:<a@b.example> SIZE=${most}
S: 250 *
C: RSET
S: 250 *
C: MAIL FROM:<a@b.example> SIZE=99999999999
S: 552 5.3.4 *
C: MAIL FROM:<a@b.example> SIZE=x
S: 501 5.5.4 *

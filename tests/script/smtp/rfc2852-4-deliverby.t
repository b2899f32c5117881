# BY: seconds, mode, trace; mode R wants a time in the future (RFC 2852 4).
account carol
connect smtp
S: 220 *
C: EHLO c.example
S*: 250-DELIVERBY
S*: 250 *
C: MAIL FROM:<a@b.example> BY
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> BY=0;R
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> BY=-1;R
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> BY=1000000000;N
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> BY=60;RN
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> BY=60;N BY=60;N
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> BY=-999999999;n
S: 250 *
C: RSET
S: 250 *
C: MAIL FROM:<a@b.example> BY=+120;RT
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
Subject: in time

text
.
END
S: 250 2.0.0 *
C: QUIT
S: 221 *

# A letter whose time is over when its last line has come is not taken (RFC 2852 3, 4.1.3).
account carol
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<a@b.example> BY=1;R
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
wait 1.2
C<<END
Subject: too late

text
.
END
S: 554 5.4.7 *
C: MAIL FROM:<a@b.example> BY=1;N
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
wait 1.2
C<<END
Subject: late

text
.
END
S: 250 2.0.0 *

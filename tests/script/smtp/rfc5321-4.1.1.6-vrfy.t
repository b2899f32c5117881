# VRFY tells nothing (RFC 5321 3.5.3, 7.3).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: VRFY ${bob}
S: 252 2.1.5 *
C: VRFY nobody-at-all@example.test
S: 252 2.1.5 *
C: VRFY
S: 501 5.5.4 *

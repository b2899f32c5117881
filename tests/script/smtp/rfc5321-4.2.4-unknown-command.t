# Unknown commands are refused, and too many of them end the session (RFC 5321 4.2.4, 4.3.2).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: FOO
S: 500 5.5.2 *
C: MAIL FROM:<a@b.example> NONSENSE=1
S: 555 5.5.4 *
C: MAIL FROM:a@b.example
S: 501 5.5.4 *

# Port 25 takes no logins.
connect smtp
S: 220 *
C: EHLO c.example
not: 250-AUTH*
S*: 250 *
C: AUTH PLAIN ${alice.plain}
S: 502 5.5.1 *

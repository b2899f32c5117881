# HOLDFOR and HOLDUNTIL: on submission ports, one of them, within what EHLO says (RFC 4865 4.2).
account carol
connect2 smtp
S2: 220 *
C2: EHLO c.example
not: 250-FUTURERELEASE*
S2*: 250 *
C2: MAIL FROM:<a@b.example> HOLDFOR=60
S2: 555 5.5.4 *
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250-FUTURERELEASE 2592000 20*Z
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}> HOLDFOR=0
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDFOR=2592001
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDUNTIL=2001-01-01T00:00:00Z
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDUNTIL=2999-01-01T00:00:00Z
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDFOR=60 HOLDFOR=60
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDFOR=60 HOLDUNTIL=2999-01-01T00:00:00Z
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDFOR=2592000
S: 250 *
C: QUIT
S: 221 *

# It can't leave behind the time by which it is to be delivered (RFC 4865 5.2.2).
account carol
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}> HOLDFOR=60 BY=59;R
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> BY=59;N HOLDFOR=60
S: 501 5.5.4 *
C: MAIL FROM:<${carol}> HOLDFOR=60 BY=3600;R
S: 250 *

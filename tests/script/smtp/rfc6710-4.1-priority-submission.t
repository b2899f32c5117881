# Who has logged in may say that his letter is urgent; the setting bounds it (RFC 6710 4.1).
account carol
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250-MT-PRIORITY
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}> MT-PRIORITY=9
S: 250 2.1.0 *
C: RSET
S: 250 *
C: MAIL FROM:<${carol}> MT-PRIORITY=-9
S: 250 2.1.0 *
C: QUIT
S: 221 *

# REQUIRETLS is announced and taken under TLS only, and has no value (RFC 8689 2).
account carol
connect smtp
S: 220 *
C: EHLO c.example
not: 250-REQUIRETLS
S*: 250 *
C: MAIL FROM:<a@b.example> REQUIRETLS
S: 555 5.5.4 *
C: STARTTLS
S: 220 2.0.0 *
starttls
C: EHLO c.example
S*: 250-REQUIRETLS
S*: 250 *
C: MAIL FROM:<a@b.example> REQUIRETLS=yes
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> REQUIRETLS
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: QUIT
S: 221 *

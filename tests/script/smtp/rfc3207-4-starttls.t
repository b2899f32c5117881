# STARTTLS, after which the session begins anew (RFC 3207 4, 4.2).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250-STARTTLS
S*: 250 *
C: STARTTLS
S: 220 2.0.0 *
starttls
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 *
C: EHLO c.example
not: 250-STARTTLS
S*: 250 *
C: STARTTLS
S: 503 5.5.1 *

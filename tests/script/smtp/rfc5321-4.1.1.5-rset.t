# RSET forgets the transaction, not the session (RFC 5321 4.1.1.5).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 *
C: RSET
S: 250 2.0.0 *
C: MAIL FROM:<a@b.example>
S: 250 *

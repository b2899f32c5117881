# A user sends only as addresses that are his (RFC 6409 6.1).
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${alice.plain}
S: 235 *
C: MAIL FROM:<${bob}>
S: 553 5.7.1 *
C: MAIL FROM:<x@elsewhere.example>
S: 553 5.7.1 *
C: MAIL FROM:<alice+tag@example.test>
S: 250 *
C: RSET
S: 250 *
C: MAIL FROM:<ALICE@Example.TEST>
S: 250 *

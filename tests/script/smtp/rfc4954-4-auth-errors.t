# Wrong passwords, bad base64, unknown mechanisms and cancelling (RFC 4954 4, 6).
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH
S: 501 5.5.4 *
C: AUTH FOO
S: 504 5.5.4 *
C: AUTH PLAIN !!!
S: 501 5.5.2 *
C: AUTH PLAIN
S: 334*
C: *
S: 501 5.7.0 *
C: AUTH PLAIN ${base64:\0alice@example.test\0wrong}
S: 535 5.7.8 *
C: MAIL FROM:<${alice}>
S: 530 5.7.0 *

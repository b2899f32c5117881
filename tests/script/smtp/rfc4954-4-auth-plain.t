# AUTH PLAIN with and without an initial response, over TLS only (RFC 4954 4, RFC 4616).
connect1 submission
S1: 220 *
C1: EHLO c.example
not: 250-AUTH*
S1*: 250 *
C1: AUTH PLAIN ${alice.plain}
S1: 538 5.7.11 *
C1: MAIL FROM:<${alice}>
S1: 530 5.7.0 *
C1: STARTTLS
S1: 220 *
starttls1
C1: EHLO c.example
S1*: 250-AUTH PLAIN LOGIN
S1*: 250 *
C1: MAIL FROM:<${alice}>
S1: 530 5.7.0 *
C1: AUTH PLAIN
S1: 334*
C1: ${alice.plain}
S1: 235 2.7.0 *
C1: AUTH PLAIN ${alice.plain}
S1: 503 5.5.1 *
connect2 submission tls
S2: 220 *
C2: EHLO c.example
S2*: 250 *
C2: AUTH PLAIN ${alice.plain}
S2: 235 2.7.0 *

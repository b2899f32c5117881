# AUTH PLAIN with and without an initial response (RFC 5034 4).
account carol
connect1 pop3 tls
S1: +OK *
C1: AUTH
S1: +OK*
S1: PLAIN
S1: LOGIN
S1: .
C1: AUTH FOO
S1: -ERR *
C1: AUTH PLAIN
S1: +*
C1: *
S1: -ERR *
C1: AUTH PLAIN ${carol.plain}
S1: +OK 0 messages *
C1: QUIT
S1: +OK *
connect2 pop3 tls
S2: +OK *
C2: AUTH PLAIN
S2: +*
C2: ${carol.plain}
S2: +OK 0 messages *

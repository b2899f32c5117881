# CAPA before and after login; before TLS no password is asked for (RFC 2449 5, RFC 2595 4).
connect1 pop3
S1: +OK *
C1: CAPA
S1: +OK *
not: USER
S1*: STLS
S1*: TOP
S1: UIDL
S1*: .
C1: USER ${alice}
S1: -ERR [AUTH] *
C1: STLS
S1: +OK *
starttls1
C1: CAPA
S1: +OK *
not: STLS
S1*: USER
S1: SASL PLAIN LOGIN
S1*: .
C1: STLS
S1: -ERR *
C1: NOOP
S1: +OK*
C1: QUIT
S1: +OK *
eof1
account carol
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK *
C2: CAPA
S2: +OK *
S2*: .

# CAPA before and after login; before TLS no password is asked for (RFC 2449 5, RFC 2595 4).
connect1 pop3
S1: +OK *
C1: CAPA
S1: +OK *
not: USER
S1: STLS
S1: TOP
S1: UIDL
S1: PIPELINING
S1: RESP-CODES
S1: AUTH-RESP-CODE
S1: EXPIRE NEVER*
S1: UTF8 USER
S1: LANG
S1: IMPLEMENTATION Restante
S1: .
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
not: STLS
S2*: TOP
S2: UIDL
S2: PIPELINING
S2: RESP-CODES
S2: AUTH-RESP-CODE
S2: EXPIRE NEVER
S2: UTF8 USER
S2: LANG
S2: IMPLEMENTATION Restante
S2: .

# LOGIN-DELAY of an account is told after the login, and who comes back too soon hears so; the time counts from the login, not from its end (RFC 2449 6.5, 8.1.1).
account carol
run: account set ${carol} --pop3-login-delay 10m
connect1 pop3 tls
S1: +OK *
C1: USER ${carol}
S1: +OK*
C1: PASS ${carol.password}
S1: +OK 0 *
C1: CAPA
S1: +OK *
S1*: LOGIN-DELAY 600
S1*: .
C1: QUIT
S1: +OK *
eof1
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: -ERR [LOGIN-DELAY] *
eof2
run: account set ${carol} --pop3-login-delay default
connect3 pop3 tls
S3: +OK *
C3: AUTH PLAIN ${carol.plain}
S3: +OK 0 *
C3: CAPA
S3: +OK *
not: LOGIN-DELAY*
S3*: .

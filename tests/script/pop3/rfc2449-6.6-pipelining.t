# Commands in one packet are answered one by one, in order (RFC 2449 6.6).
account carol
connect1 pop3 tls
S1: +OK *
C1+: USER ${carol}
C1+: PASS ${carol.password}
C1+: STAT
C1+: LIST
C1+: FOO
C1+: UIDL
C1: QUIT
S1: +OK*
S1: +OK 0 *
S1: +OK 0 0
S1: +OK 0 *
S1: .
S1: -ERR *
S1: +OK 0 *
S1: .
S1: +OK Bye*
eof1

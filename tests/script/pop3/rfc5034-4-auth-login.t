# LOGIN is announced, so it works (RFC 5034 4).
account carol
connect1 pop3 tls
S1: +OK *
C1: AUTH LOGIN
S1: + VXNlcm5hbWU6
C1: ${carol.user64}
S1: + UGFzc3dvcmQ6
C1: ${carol.password64}
S1: +OK *
C1: STAT
S1: +OK 0 0
C1: QUIT
S1: +OK *
eof1

# A wrong password is told as such (RFC 3206), and PASS needs USER.
connect pop3 tls
S: +OK *
C: PASS x
S: -ERR *
C: USER ${alice}
S: +OK*
C: PASS wrong
S: -ERR [AUTH] *
C: STAT
S: -ERR *

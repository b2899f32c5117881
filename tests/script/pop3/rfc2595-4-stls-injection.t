# Commands in the same packet as STLS are never executed.
connect pop3
S: +OK *
C+: STLS
C: USER injected
S: -ERR *
eof

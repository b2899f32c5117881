# A line of AUTH that is longer than any may be is answered before the connection ends (RFC 5034 4).
account carol
connect1 pop3 tls
S1: +OK *
C1: AUTH PLAIN
S1: +*
C1: ${'AAAA'*4000}
S1: -ERR *
eof1
connect2 pop3 tls
S2: +OK *
C2: AUTH PLAIN
S2: +*
C2: AGNhcm9sAHh4${'eHh4'*400}
S2: -ERR *

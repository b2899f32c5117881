# COMPRESS ends with the session: what follows UNAUTHENTICATE is not compressed, pipelined or not
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 COMPRESS DEFLATE
S1: a1 OK *
compress1
C1: a2 UNAUTHENTICATE
uncompress1
C1: b1 LOGIN ${carol} ${carol.password}
S1: a2 OK *
S1: b1 OK *
C1: b2 COMPRESS DEFLATE
S1: b2 OK *
compress1
C1: b3 NOOP
S1: b3 OK *
C1: b4 UNAUTHENTICATE
S1: b4 OK *
uncompress1
C1: b5 CAPABILITY
S1: * CAPABILITY *SASL-IR*
S1: b5 OK *
C1: b6 LOGOUT
S1: * BYE *
S1: b6 OK *
# a command that is compressed behind it is none that may be there
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 COMPRESS DEFLATE
S1: a1 OK *
compress1
C1<<END
a2 UNAUTHENTICATE
a3 NOOP
END
S1: * BYE *
eof1

# NOOP does nothing
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a NOOP
S1: a OK *
C1: b NOOP x
S1: b BAD *

# what is no command is BAD, and too much of it ends the connection
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a UNHEARD
S1: a BAD *
C1: b FETCH 1 FLAGS
S1: b BAD *
C1: nonsense
S1: nonsense BAD *
C1: c NOOP
S1: c OK *

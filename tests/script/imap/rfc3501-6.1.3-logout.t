# LOGOUT says BYE and closes
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a LOGOUT
S1: * BYE *
S1: a OK *
eof1

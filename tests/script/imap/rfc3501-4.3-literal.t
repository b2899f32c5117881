# a literal that waits for the continuation
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE {3}
S1: + *
C1: two
S1: a OK *
C1: b SELECT {3}
S1: + *
C1: two
S1*: b OK *

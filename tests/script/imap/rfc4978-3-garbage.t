# who does not compress behind the OK is not understood, and others are not disturbed
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 COMPRESS DEFLATE
S1: a1 OK *
C1: a2 NOOP
eof1
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *

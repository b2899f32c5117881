# the personal namespace, that of others, and what is shared
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a NAMESPACE
S1: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
S1: a OK *

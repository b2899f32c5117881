# ENABLE passes over what it does not know
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ENABLE X-UNHEARD
S1: * ENABLED
S1: a OK *
C1: b ENABLE
S1: b BAD *

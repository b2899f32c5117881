# ID in both forms
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ID NIL
S1: * ID ("name" *
S1: a OK *
C1: b ID ("name" "test" "version" NIL)
S1: * ID *
S1: b OK *
C1: c ID (name x)
S1: c BAD *

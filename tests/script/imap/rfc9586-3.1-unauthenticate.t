# UIDONLY ends with UNAUTHENTICATE (RFC 8437 section 4.1)
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ENABLE UIDONLY
S1: * ENABLED UIDONLY
S1: a OK *
C1: b UNAUTHENTICATE
S1: b OK *
C1: l2 LOGIN ${carol} ${carol.password}
S1*: l2 OK *
C1: c SELECT INBOX
S1*: c OK *
C1: d SEARCH ALL
S1: * SEARCH
S1: d OK *

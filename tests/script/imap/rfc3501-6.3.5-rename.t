# RENAME takes children along
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE ${mailbox}/one
S1: a OK *
C1: b RENAME ${mailbox} ${mailbox}-new
S1: b OK *
C1: c LIST "" ${mailbox}*
S1: * LIST (\\HasChildren) "/" ${mailbox}-new
S1: * LIST (\\HasNoChildren) "/" ${mailbox}-new/one
S1: c OK *

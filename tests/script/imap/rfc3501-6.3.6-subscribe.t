# SUBSCRIBE, UNSUBSCRIBE and LSUB
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE ${mailbox}/one
S1: a OK *
C1: b SUBSCRIBE ${mailbox}/one
S1: b OK *
C1: c LSUB "" ${mailbox}/\*
S1: * LSUB () "/" ${mailbox}/one
S1: c OK *
C1: d LSUB "" ${mailbox}%
S1: * LSUB (\\Noselect) "/" ${mailbox}
S1: d OK *
C1: e UNSUBSCRIBE ${mailbox}/one
S1: e OK *
C1: f LSUB "" ${mailbox}/\*
S1: f OK *

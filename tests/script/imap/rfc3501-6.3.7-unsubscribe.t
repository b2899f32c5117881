# a subscription may outlive its mailbox
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE ${mailbox}
S1: a OK *
C1: b SUBSCRIBE ${mailbox}
S1: b OK *
C1: c DELETE ${mailbox}
S1: c OK *
C1: d LSUB "" ${mailbox}
S1: * LSUB (*) "/" ${mailbox}
S1: d OK *
C1: e UNSUBSCRIBE ${mailbox}
S1: e OK *
C1: f LSUB "" ${mailbox}
S1: f OK *

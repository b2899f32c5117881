# DELETE, also of a mailbox with children
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE ${mailbox}/one
S1: a OK *
C1: b DELETE ${mailbox}
S1: b OK *
C1: c LIST "" ${mailbox}*
S1: * LIST (\\Noselect \\HasChildren) "/" ${mailbox}
S1: * LIST (\\HasNoChildren) "/" ${mailbox}/one
S1: c OK *
C1: d SELECT ${mailbox}
S1: d NO *
C1: e DELETE INBOX
S1: e NO *
C1: f DELETE nothing
S1: f NO [NONEXISTENT] *

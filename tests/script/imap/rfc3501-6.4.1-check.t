# CHECK wants a mailbox
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CHECK
S1: a BAD *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: b CHECK
S1: b OK *

# NOTIFY in a mailbox that was deleted meanwhile: BYE, and nothing behind it
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${carol} ${carol.password}
S2*: l2 OK *
C1: a SELECT Trash
S1*: a OK *
C2: b DELETE Trash
S2: b OK *
C1: c NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange))
S1: * BYE *
eof1

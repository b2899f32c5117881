# CLOSE leaves a mailbox that somebody else has deleted; the session goes on
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
C2: a DELETE Trash
S2: a OK *
C1: b CLOSE
S1: b OK *
C1: c CLOSE
S1: c BAD *
C1: d SELECT INBOX
S1*: d OK *

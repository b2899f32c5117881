# the mailbox that was selected before is said to be closed; the new one is listed
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ENABLE IMAP4rev2
S1*: a OK *
C1: b SELECT Drafts
not: * OK [CLOSED] *
S1*: * LIST () "/" Drafts
S1: b OK [READ-WRITE] *
C1: c EXAMINE Sent
S1: * OK [CLOSED] *
S1*: * 0 EXISTS
S1*: * LIST () "/" Sent
S1: c OK [READ-ONLY] *
C1: d SELECT nowhere
S1: * OK [CLOSED] *
S1: d NO [NONEXISTENT] *
C1: e CHECK
S1: e BAD *
C1: f SELECT inbox
S1*: * LIST () "/" INBOX
S1: f OK *

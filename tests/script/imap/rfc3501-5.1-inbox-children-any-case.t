# what is below INBOX is below it however INBOX is written, for every command
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE Inbox/x
S1*: a OK *
C1: b SELECT inbox/x
S1*: b OK [READ-WRITE] *
C1: c EXAMINE iNBOX/x
S1*: c OK [READ-ONLY] *
C1: d STATUS inBox/x (MESSAGES)
S1: * STATUS INBOX/x (MESSAGES 0)
S1: d OK *

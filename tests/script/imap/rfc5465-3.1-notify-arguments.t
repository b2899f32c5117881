# what NOTIFY takes, and what not
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 NOTIFY
S1: a1 BAD *
C1: a2 NOTIFY NONE
S1: a2 OK *
C1: a3 NOTIFY SET
S1: a3 BAD *
C1: a4 NOTIFY SET (selected (MessageNew))
S1: a4 BAD *
C1: a5 NOTIFY SET (personal (FlagChange))
S1: a5 BAD *
C1: a6 NOTIFY SET (personal (MessageNew (UID) MessageExpunge))
S1: a6 BAD *
C1: a7 NOTIFY SET (selected (MailboxName))
S1: a7 BAD *
C1: a8 NOTIFY SET (selected NONE) (selected-delayed NONE)
S1: a8 BAD *
C1: a9 NOTIFY SET (subtree-one INBOX NONE)
S1: a9 BAD *
C1: b1 NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange))
S1: b1 NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange*)] *
C1: b2 NOTIFY SET (personal (x-moon-full))
S1: b2 NO [BADEVENT (*
C1: b3 NOTIFY SET (personal NONE)
S1: b3 OK *
C1: b4 NOTIFY SET STATUS (mailboxes (Drafts nowhere) (MessageNew MessageExpunge))
S1: * STATUS Drafts (MESSAGES 0 UIDNEXT 1 UIDVALIDITY *)
S1: b4 OK *
C1: b5 NOTIFY SET STATUS (selected MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge) (mailboxes Sent MessageNew MessageExpunge FlagChange)
S1: * STATUS Sent (MESSAGES 0 UIDNEXT 1 UIDVALIDITY ${d=\d+} UNSEEN 0)
S1: b5 OK *
C1: b6 NOTIFY SET (inboxes (MessageNew MessageExpunge)) (subscribed (SubscriptionChange MailboxName)) (subtree (INBOX Sent) NONE)
S1: b6 OK *
C1: b7 NOTIFY SET (personal ())
S1: b7 BAD *
C1: e1 ENABLE CONDSTORE
S1*: e1 OK *
C1: b8 NOTIFY SET STATUS (mailboxes Sent (MessageNew MessageExpunge))
S1: * STATUS Sent (MESSAGES 0 UIDNEXT 1 UIDVALIDITY * HIGHESTMODSEQ *)
S1: b8 OK *

# NOTIFY (RFC 5465) of mailboxes of somebody else: what happens to messages and names, as far as the right to it goes
account carol
account dave
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${dave} ${dave.password}
S2*: l2 OK *
let msg <<END
Subject: news

END
C1: a1 CREATE Team/One
S1: a1 OK *
C1: a2 CREATE Team/Two
S1: a2 OK *
C1: a3 CREATE Team/Three
S1: a3 OK *
C1: a4 SETACL Team/One ${dave} lr
S1: a4 OK *
C1: a5 SETACL Team/Two ${dave} l
S1: a5 OK *
C1: a6 APPEND Team/One {${msg.size}+}
C1~: ${msg}
C1: 
S1: a6 OK *
# what he may only list is said to be out of reach; of what he may not list nobody speaks
let team = Other Users/${carol}/Team
C2: b1 NOTIFY SET STATUS (subtree "${team}" (MessageNew MessageExpunge FlagChange MailboxName))
S2{
* STATUS "${team}/One" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY * UNSEEN 1)
* LIST (\\NoAccess) "/" "${team}/Two"
}
S2: b1 OK *
C1: c1 APPEND Team/One {${msg.size}+}
C1~: ${msg}
C1: 
S1: c1 OK *
S2: * STATUS "${team}/One" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY * UNSEEN 2)
C1: c2 SELECT Team/One
S1*: c2 OK *
C1: c3 STORE 1 +FLAGS.SILENT (\\Deleted)
S1: c3 OK *
S2: * STATUS "${team}/One" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY * UNSEEN 2)
C1: c4 EXPUNGE
S1*: c4 OK *
S2: * STATUS "${team}/One" (MESSAGES 1 UIDNEXT 3 UIDVALIDITY * UNSEEN 1)
C1: c5 APPEND Team/Two {${msg.size}+}
C1~: ${msg}
C1: 
S1*: c5 OK *
# another session of his has seen it
connect3 imap tls
S3: * OK *
C3: d1 LOGIN ${dave} ${dave.password}
S3*: d1 OK *
C1: d2 SETACL Team/One ${dave} lrs
S1: d2 OK *
C3: d3 SELECT "${team}/One"
S3*: d3 OK *
C3: d4 STORE 1 +FLAGS.SILENT (\\Seen)
S3: d4 OK *
S2: * STATUS "${team}/One" (MESSAGES 1 UIDNEXT 3 UIDVALIDITY * UNSEEN 0)
C3: d5 UNSELECT
S3: d5 OK *
# the right goes, and comes back; nothing is told in between
C1: e1 DELETEACL Team/One ${dave}
S1: e1 OK *
S2: * LIST (\\NoAccess) "/" "${team}/One"
C1: e2 STORE 1 +FLAGS.SILENT (\\Flagged)
S1: e2 OK *
C1: e3 SETACL Team/One ${dave} lr
S1: e3 OK *
S2: * LIST () "/" "${team}/One"
S2: * STATUS "${team}/One" (MESSAGES 1 UIDNEXT 3 UIDVALIDITY * UNSEEN 0)
# names
C1: f1 UNSELECT
S1*: f1 OK *
C1: f2 RENAME Team/One Team/Uno
S1: f2 OK *
S2: * LIST () "/" "${team}/Uno" ("OLDNAME" ("${team}/One"))
C1: f3 APPEND Team/Uno {${msg.size}+}
C1~: ${msg}
C1: 
S1: f3 OK *
S2: * STATUS "${team}/Uno" (MESSAGES 2 UIDNEXT 4 UIDVALIDITY * UNSEEN 1)
C1: f4 DELETE Team/Uno
S1: f4 OK *
S2: * LIST (\\NonExistent) "/" "${team}/Uno"
C2: g1 NOTIFY NONE
S2: g1 OK *
C2: g2 NOTIFY SET (mailboxes "${team}/Two" (MailboxMetadataChange))
S2: * LIST (\\NoAccess) "/" "${team}/Two"
S2: g2 OK *
C2: g3 NOOP
S2: g3 OK *

# what happens outside the selected mailbox is told at any time
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
let msg <<END
Subject: Greetings

END
C1: a1 NOTIFY SET (mailboxes (Sent Drafts) (MessageNew MessageExpunge FlagChange)) (personal (MailboxName SubscriptionChange)) (mailboxes Trash (MessageNew MessageExpunge))
S1: a1 OK *
C2: b1 APPEND Sent {${msg.size}+}
C2~: ${msg}
C2~:  (\\Seen) {${msg.size}+}\r\n${msg}\r\n
S2*: b1 OK *
S1: * STATUS Sent (MESSAGES 2 UIDNEXT 3 UIDVALIDITY * UNSEEN 1)
C2: b2 SELECT Sent
S2*: b2 OK *
C2: b3 STORE 1 +FLAGS.SILENT (\\Seen \\Deleted)
S2*: b3 OK *
S1: * STATUS Sent (MESSAGES 2 UIDNEXT 3 UIDVALIDITY * UNSEEN 0)
C2: b4 COPY 2 Trash
S2*: b4 OK *
S1: * STATUS Trash (MESSAGES 1 UIDNEXT 2 UIDVALIDITY *)
C2: b5 EXPUNGE
S2*: b5 OK *
S1: * STATUS Sent (MESSAGES 1 UIDNEXT 3 UIDVALIDITY * UNSEEN 0)
# not wanted
C2: b6 APPEND Junk {${msg.size}+}
C2~: ${msg}\r\n
S2*: b6 OK *
# names
C2: c1 CREATE A/B/C
S2*: c1 OK *
S1{
* LIST (\\HasChildren) "/" A
* LIST (\\HasChildren) "/" A/B
* LIST (\\HasNoChildren) "/" A/B/C
}
C2: c2 RENAME A/B D
S2*: c2 OK *
S1: * LIST (\\HasChildren) "/" D ("OLDNAME" (A/B))
C2: c3 DELETE D/C
S2*: c3 OK *
S1{
* LIST (\\NonExistent \\HasNoChildren) "/" D/C
* LIST (\\HasNoChildren) "/" D
}
C2: c4 CREATE A/E
S2*: c4 OK *
S1{
* LIST (\\HasNoChildren) "/" A/E
* LIST (\\HasChildren) "/" A
}
C2: c5 DELETE A
S2*: c5 OK *
S1: * LIST (\\Noselect \\HasChildren) "/" A
C2: c6 SUBSCRIBE D
S2*: c6 OK *
S1: * LIST (\\HasNoChildren \\Subscribed) "/" D
C2: c7 UNSUBSCRIBE D
S2*: c7 OK *
S1: * LIST (\\HasNoChildren) "/" D
C2: c8 SUBSCRIBE nowhere
S2*: c8 OK *
S1: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" nowhere
# nothing of what it does itself
C1: d1 CREATE mine
S1: d1 OK *
C1: d2 APPEND Drafts {${msg.size}+}
C1: ${msg}
S1: d2 OK *
# while a command runs it is told before the end
C2: c9 CREATE Z
S2*: c9 OK *
S1: * LIST (\\HasNoChildren) "/" Z
C1: d3 SELECT Sent
S1*: d3 OK *
C2: ca APPEND Sent {${msg.size}+}
C2~: ${msg}\r\n
S2*: ca OK *
C2: cb APPEND Drafts {${msg.size}+}
C2~: ${msg}\r\n
S2*: cb OK *
# the selected one was not chosen
S1: * STATUS Drafts (MESSAGES 2 UIDNEXT 3 UIDVALIDITY * UNSEEN 2)
C1: d4 NOOP
S1: d4 OK *
C1: d5 NOTIFY NONE
S1: d5 OK *
C2: cc CREATE Y
S2*: cc OK *
C1: d6 NOOP
S1: d6 OK *

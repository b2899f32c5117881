# a search in several mailboxes, none of which gets selected
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: Greetings

All is well.
END
C1: c1 CREATE Work/Old/Older
S1*: c1 OK *
C1: c2 CREATE "Not here"
S1*: c2 OK *
C1: c3 CREATE Work/Empty
S1*: c3 OK *
C1: ap APPEND INBOX (\\Seen) {${msg.size}+}
C1~: ${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: aq APPEND Work (\\Seen) {${msg.size}+}
C1~: ${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: aq OK *
C1: ar APPEND Work/Old {${msg.size}+}
C1~: ${msg}\r\n
S1*: ar OK *
C1: as APPEND Work/Old/Older {${msg.size}+}
C1~: ${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: as OK *
C1: at APPEND "Not here" {${msg.size}+}
C1~: ${msg}\r\n
S1*: at OK *
C1: a1 ESEARCH IN (mailboxes (INBOX "no such") subtree Work) UNSEEN
S1: * ESEARCH (TAG "a1" MAILBOX INBOX UIDVALIDITY ${uv=\d+}) UID ALL 2:3
S1: * ESEARCH (TAG "a1" MAILBOX Work UIDVALIDITY *) UID ALL 2
S1: * ESEARCH (TAG "a1" MAILBOX Work/Old UIDVALIDITY *) UID ALL 1
S1: * ESEARCH (TAG "a1" MAILBOX Work/Old/Older UIDVALIDITY *) UID ALL 1,3
S1: a1 OK *
C1: a2 ESEARCH IN (subtree-one Work mailboxes Work) RETURN (MIN MAX COUNT) ALL
S1: * ESEARCH (TAG "a2" MAILBOX Work UIDVALIDITY *) UID MIN 1 MAX 2 COUNT 2
S1: * ESEARCH (TAG "a2" MAILBOX Work/Old UIDVALIDITY *) UID MIN 1 MAX 1 COUNT 1
S1: a2 OK *
C1: a3 ESEARCH IN (personal) RETURN (COUNT) SUBJECT greetings
S1: * ESEARCH (TAG "a3" MAILBOX INBOX UIDVALIDITY *) UID COUNT 3
S1: * ESEARCH (TAG "a3" MAILBOX "Not here" UIDVALIDITY *) UID COUNT 1
S1: * ESEARCH (TAG "a3" MAILBOX Work UIDVALIDITY *) UID COUNT 2
S1: * ESEARCH (TAG "a3" MAILBOX Work/Old UIDVALIDITY *) UID COUNT 1
S1: * ESEARCH (TAG "a3" MAILBOX Work/Old/Older UIDVALIDITY *) UID COUNT 3
S1: a3 OK *
C1: a4 ESEARCH IN (subscribed) RETURN (COUNT) 2:*
S1: * ESEARCH (TAG "a4" MAILBOX INBOX UIDVALIDITY *) UID COUNT 2
S1: a4 OK *
C1: a5 ESEARCH IN (inboxes) FROM nobody
S1: a5 OK *
C1: a6 ESEARCH IN (selected) ALL
S1: a6 BAD *
C1: a7 ESEARCH ALL
S1: a7 BAD *
C1: a8 ESEARCH IN (selected-delayed) ALL
S1: a8 BAD *
C1: a9 ESEARCH IN (mailboxes Work (scope)) ALL
S1: a9 BAD *
C1: aa ESEARCH IN (mailboxes Work) RETURN (SAVE) ALL
S1: aa BAD *
C1: ab ESEARCH IN (mailboxes Work/Old/Older) RETURN (PARTIAL -1:-2) ALL
S1: * ESEARCH (TAG "ab" MAILBOX Work/Old/Older UIDVALIDITY *) UID PARTIAL (-1:-2 2:3)
S1: ab OK *
C1: ac ESEARCH IN (mailboxes Work) CHARSET x-nobody ALL
S1: ac NO [BADCHARSET *
# with a mailbox selected
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: b1 ESEARCH UNSEEN
S1: * ESEARCH (TAG "b1" MAILBOX INBOX UIDVALIDITY ${uv}) UID ALL 2:3
S1: b1 OK *
C1: b2 ESEARCH IN (selected) RETURN (SAVE) UNSEEN
S1: b2 OK *
C1: b3 ESEARCH IN (mailboxes (Work INBOX)) $
S1: * ESEARCH (TAG "b3" MAILBOX INBOX UIDVALIDITY ${uv}) UID ALL 2:3
S1: b3 OK *
C1: b4 ESEARCH IN (selected mailboxes Work) RETURN (SAVE) ALL
S1: b4 BAD *
C1: b5 ESEARCH IN (selected mailboxes inbox/x) RETURN () SEEN
S1: * ESEARCH (TAG "b5" MAILBOX INBOX UIDVALIDITY ${uv}) UID ALL 1
S1: b5 OK *
C1: b6 SEARCH SEEN
S1: * SEARCH 1
S1: b6 OK *
# nothing was taken from anybody: \Recent is as it was
C1: b7 STATUS Work (RECENT)
S1: * STATUS Work (RECENT 2)
S1: b7 OK *

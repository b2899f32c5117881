# STATUS for each selectable mailbox that is told of
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE foo
S1: a1 OK *
C1: a2 CREATE bar/x
S1: a2 OK *
C1: a3 DELETE bar
S1: a3 OK *
let msg <<END
Subject: x

Text.
END
C1: p1 APPEND foo (\\Seen) {${msg.size}+}
C1: ${msg}
S1*: p1 OK *
C1: a4 LIST "" (foo bar) RETURN (STATUS (MESSAGES UNSEEN))
S1: * LIST (\\Noselect \\HasChildren) "/" bar
S1: * LIST (\\HasNoChildren) "/" foo
S1: * STATUS foo (MESSAGES 1 UNSEEN 0)
S1: a4 OK *
C1: a5 UNSUBSCRIBE INBOX
S1: a5 OK *
C1: a6 UNSUBSCRIBE Archive
S1: a6 OK *
C1: a7 UNSUBSCRIBE Drafts
S1: a7 OK *
C1: a8 UNSUBSCRIBE Junk
S1: a8 OK *
C1: a9 UNSUBSCRIBE Sent
S1: a9 OK *
C1: a10 UNSUBSCRIBE Trash
S1: a10 OK *
C1: a11 SUBSCRIBE foo
S1: a11 OK *
C1: a12 SUBSCRIBE bar/x
S1: a12 OK *
C1: a13 SUBSCRIBE gone
S1: a13 OK *
C1: a14 LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES) CHILDREN)
S1: * LIST (\\Noselect \\HasChildren) "/" bar ("CHILDINFO" ("SUBSCRIBED"))
S1: * LIST (\\HasNoChildren \\Subscribed) "/" foo
S1: * STATUS foo (MESSAGES 1)
S1: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" gone
S1: a14 OK *

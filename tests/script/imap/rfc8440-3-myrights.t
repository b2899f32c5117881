# LIST RETURN (MYRIGHTS): behind each mailbox, not for names that are none
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE foo/bar
S1: a OK *
C1: b DELETE foo
S1: b OK *
C1: c LIST "" (foo foo/bar INBOX) RETURN (MYRIGHTS)
S1: * LIST (\\HasNoChildren) "/" INBOX
S1: * MYRIGHTS INBOX lrswipkxtecda
S1: * LIST (\\Noselect \\HasChildren) "/" foo
S1: * MYRIGHTS foo lrswipkxtecda
S1: * LIST (\\HasNoChildren) "/" foo/bar
S1: * MYRIGHTS foo/bar lrswipkxtecda
S1: c OK *
C1: d UNSUBSCRIBE INBOX
S1: d OK *
C1: e SUBSCRIBE gone
S1: e OK *
C1: f SUBSCRIBE foo/bar
S1: f OK *
C1: g LIST (SUBSCRIBED RECURSIVEMATCH) "" (foo gone) RETURN (MYRIGHTS)
S1: * LIST (\\Noselect \\HasChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
S1: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" gone
S1: g OK *

# LIST RETURN (METADATA): behind each mailbox that meets the criteria; NIL where nothing is set
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * LIST-METADATA *
C1: a1 CREATE foo/bar
S1: a1 OK *
C1: a2 SETMETADATA INBOX (/shared/vendor/x/color "#b71c1c")
S1: a2 OK *
C1: a3 SETMETADATA foo/bar (/private/comment "mine" /shared/vendor/x/color "blue")
S1: a3 OK *
C1: b LIST "" (INBOX foo) RETURN (METADATA ("/shared/vendor/x/color"))
S1: * LIST (\\HasNoChildren) "/" INBOX
S1: * METADATA INBOX (/shared/vendor/x/color "#b71c1c")
S1: * LIST (\\HasChildren) "/" foo
S1: * METADATA foo (/shared/vendor/x/color NIL)
S1: b OK *
# as GETMETADATA has it: names as they were given, in the order of the question
C1: c LIST "" foo/* RETURN (METADATA (/SHARED/vendor/x/Color /private/comment /private/specialuse) CHILDREN)
S1: * LIST (\\HasNoChildren) "/" foo/bar
S1: * METADATA foo/bar (/SHARED/vendor/x/Color "blue" /private/comment "mine" /private/specialuse NIL)
S1: c OK *
C1: c2 LIST "" Sent RETURN (METADATA (/private/specialuse))
S1: * LIST (\\HasNoChildren \\Sent) "/" Sent
S1: * METADATA Sent (/private/specialuse "\\\\Sent")
S1: c2 OK *
# only a name (section 4): none of a parent that does not meet the criteria, nor of what is not there
C1: d UNSUBSCRIBE INBOX
S1: d OK *
C1: e SUBSCRIBE gone/too
S1: e OK *
C1: f SUBSCRIBE foo/bar
S1: f OK *
C1: f2 UNSUBSCRIBE foo
S1: f2 OK *
C1: g LIST (SUBSCRIBED RECURSIVEMATCH) "" (foo gone gone/too) RETURN (METADATA (/shared/vendor/x/color))
S1: * LIST (\\HasChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
S1: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" gone/too
S1: g OK *
# with other options
C1: h LIST "" INBOX RETURN (STATUS (MESSAGES) METADATA (/shared/vendor/x/color) MYRIGHTS)
S1: * LIST (\\HasNoChildren) "/" INBOX
S1: * METADATA INBOX (/shared/vendor/x/color "#b71c1c")
S1: * MYRIGHTS INBOX *
S1: * STATUS INBOX (MESSAGES 0)
S1: h OK *
C1: i LIST "" INBOX RETURN (METADATA)
S1: i BAD *
C1: j LIST "" INBOX RETURN (METADATA (/other/comment))
S1: j BAD *
# what others share: as far as their rights go
account dave
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${dave} ${dave.password}
S2*: l1 OK *
C1: k1 SETACL foo/bar ${dave} lr
S1: k1 OK *
C1: k2 SETACL foo ${dave} l
S1: k2 OK *
C2: m LIST "" "Other Users/${carol}/*" RETURN (METADATA (/shared/vendor/x/color /private/comment))
S2: * LIST (*) "/" "Other Users/${carol}/foo"
S2: * LIST (*) "/" "Other Users/${carol}/foo/bar"
S2: * METADATA "Other Users/${carol}/foo/bar" (/shared/vendor/x/color "blue" /private/comment NIL)
S2: m OK *

# RECURSIVEMATCH: what is above a subscribed name, with CHILDINFO (examples 8, 9 and 10)
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 UNSUBSCRIBE INBOX
S1: a1 OK *
C1: a2 UNSUBSCRIBE Archive
S1: a2 OK *
C1: a3 UNSUBSCRIBE Drafts
S1: a3 OK *
C1: a4 UNSUBSCRIBE Junk
S1: a4 OK *
C1: a5 UNSUBSCRIBE Sent
S1: a5 OK *
C1: a6 UNSUBSCRIBE Trash
S1: a6 OK *
C1: a7 CREATE Foo
S1: a7 OK *
C1: a8 CREATE Foo/Bar
S1: a8 OK *
C1: a9 CREATE Foo/Baz
S1: a9 OK *
C1: a10 CREATE Moo
S1: a10 OK *
C1: a11 SUBSCRIBE Foo/Baz
S1: a11 OK *
C1: a12 LIST (SUBSCRIBED) "" %
S1: a12 OK *
C1: a13 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
S1: * LIST (\\HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S1: a13 OK *
C1: a14 SUBSCRIBE Foo
S1: a14 OK *
C1: a15 LIST (RECURSIVEMATCH SUBSCRIBED) "" "%"
S1: * LIST (\\HasChildren \\Subscribed) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S1: a15 OK *
C1: a16 UNSUBSCRIBE Foo/Baz
S1: a16 OK *
C1: a17 SUBSCRIBE Moo
S1: a17 OK *
C1: a18 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (CHILDREN)
S1: * LIST (\\HasChildren \\Subscribed) "/" Foo
S1: * LIST (\\HasNoChildren \\Subscribed) "/" Moo
S1: a18 OK *
C1: a19 UNSUBSCRIBE Foo
S1: a19 OK *
C1: a20 UNSUBSCRIBE Moo
S1: a20 OK *
C1: a21 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
S1: a21 OK *
C1: a22 SUBSCRIBE gone/deep/x
S1: a22 OK *
C1: a23 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
S1: * LIST (\\NonExistent \\HasNoChildren) "/" gone ("CHILDINFO" ("SUBSCRIBED"))
S1: a23 OK *
C1: a24 LIST (SUBSCRIBED RECURSIVEMATCH) "" "*"
S1: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" gone/deep/x
S1: a24 OK *
C1: a25 UNSUBSCRIBE gone/deep/x
S1: a25 OK *
C1: a26 CREATE foo2/bar1
S1: a26 OK *
C1: a27 CREATE foo2/bar2
S1: a27 OK *
C1: a28 CREATE baz2/bar2
S1: a28 OK *
C1: a29 CREATE baz2/bar22
S1: a29 OK *
C1: a30 CREATE baz2/bar222
S1: a30 OK *
C1: a31 CREATE eps2/mamba
S1: a31 OK *
C1: a32 CREATE qux2/bar2
S1: a32 OK *
C1: a33 SUBSCRIBE foo2/bar1
S1: a33 OK *
C1: a34 SUBSCRIBE foo2/bar2
S1: a34 OK *
C1: a35 SUBSCRIBE baz2/bar2
S1: a35 OK *
C1: a36 SUBSCRIBE baz2/bar22
S1: a36 OK *
C1: a37 SUBSCRIBE baz2/bar222
S1: a37 OK *
C1: a38 SUBSCRIBE eps2
S1: a38 OK *
C1: a39 SUBSCRIBE eps2/mamba
S1: a39 OK *
C1: a40 SUBSCRIBE qux2/bar2
S1: a40 OK *
C1: a41 LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"
S1: * LIST (\\HasNoChildren \\Subscribed) "/" baz2/bar2
S1: * LIST (\\HasNoChildren \\Subscribed) "/" baz2/bar22
S1: * LIST (\\HasNoChildren \\Subscribed) "/" baz2/bar222
S1: * LIST (\\HasChildren \\Subscribed) "/" eps2 ("CHILDINFO" ("SUBSCRIBED"))
S1: * LIST (\\HasChildren) "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
S1: * LIST (\\HasNoChildren \\Subscribed) "/" foo2/bar2
S1: * LIST (\\HasNoChildren \\Subscribed) "/" qux2/bar2
S1: a41 OK *
C1: a42 LIST (RECURSIVEMATCH) "" *
S1: a42 BAD *
C1: a43 LIST (REMOTE RECURSIVEMATCH) "" *
S1: a43 BAD *

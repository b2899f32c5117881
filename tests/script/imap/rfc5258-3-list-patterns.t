# several patterns; a name is told once; an empty one matches nothing
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE foo
S1: a1 OK *
C1: a2 CREATE foo/bar
S1: a2 OK *
C1: a3 LIST "" ("INBOX" "Drafts" "foo/%" inbox)
S1: * LIST (\\HasNoChildren) "/" INBOX
S1: * LIST (\\HasNoChildren \\Drafts) "/" Drafts
S1: * LIST (\\HasNoChildren) "/" foo/bar
S1: a3 OK *
C1: a4 LIST "" ("")
S1: a4 OK *
C1: a5 LIST () "" ""
S1: a5 OK *
C1: a6 LIST "" "" RETURN ()
S1: a6 OK *
C1: a7 LIST "" ""
S1: * LIST (\\Noselect) "/" ""
S1: a7 OK *
C1: a8 LIST foo/ (% "")
S1: * LIST (\\HasNoChildren) "/" foo/bar
S1: a8 OK *

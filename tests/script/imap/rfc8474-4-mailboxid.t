# MAILBOXID: of CREATE, SELECT, STATUS and LIST; stays with the mailbox, not with the name
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE foo
S1: a1 OK [MAILBOXID (${foo=F[0-9a-f-]+})] *
C1: a2 SELECT foo
S1*: * OK [MAILBOXID (${foo})] *
S1*: a2 OK *
C1: a3 EXAMINE foo
S1*: * OK [MAILBOXID (${foo})] *
S1*: a3 OK *
C1: a4 STATUS foo (mailboxid MESSAGES)
S1: * STATUS foo (MESSAGES 0 MAILBOXID (${foo}))
S1: a4 OK *
C1: a5 RENAME foo bar/baz
S1: a5 OK *
C1: a6 LIST "" bar* RETURN (STATUS (MAILBOXID))
S1: * LIST (\\HasChildren) "/" bar
S1: * STATUS bar (MAILBOXID (${bar=F[0-9a-f-]+}))
S1: * LIST (\\HasNoChildren) "/" bar/baz
S1: * STATUS bar/baz (MAILBOXID (${foo}))
S1: a6 OK *
C1: a7 DELETE bar/baz
S1: * BYE *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: a8 CREATE bar/baz
S2: a8 OK [MAILBOXID (${new=F[0-9a-f-]+})] *
C2: a9 STATUS bar/baz (MAILBOXID)
S2: * STATUS bar/baz (MAILBOXID (${new}))
S2: a9 OK *
C2: b1 STATUS foo (MAILBOXID)
S2: b1 NO *

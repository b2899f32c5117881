# changes of metadata, which need no ENABLE then
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C1: a1 NOTIFY SET (mailboxes INBOX (MailboxMetadataChange)) (personal (ServerMetadataChange))
S1: a1 OK *
C2: b1 SETMETADATA INBOX (/private/comment "mine")
S2: b1 OK *
S1: * METADATA INBOX /private/comment
C2: b2 SETMETADATA "" (/private/vendor/x/y "a")
S2: b2 OK *
S1: * METADATA "" /private/vendor/x/y
C2: b3 SETMETADATA Sent (/private/comment "not watched")
S2: b3 OK *
C1: a2 SETMETADATA INBOX (/private/comment NIL)
S1: a2 OK *
C1: a3 ENABLE CONDSTORE
S1*: a3 OK *
C2: b4 SETMETADATA INBOX (/private/comment NIL)
S2: b4 OK *
S1: * METADATA INBOX /private/comment
C1: a4 NOTIFY SET (personal (MailboxName))
S1: a4 OK *
C2: b5 SETMETADATA INBOX (/private/comment "again")
S2: b5 OK *
C1: a5 NOOP
S1: a5 OK *

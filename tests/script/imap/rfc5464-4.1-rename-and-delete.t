# Annotations follow their mailbox, and go with it; those of INBOX are copied when it is renamed
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE one
S1: a1 OK *
C1: a2 SETMETADATA one (/private/comment "of one")
S1: a2 OK *
C1: a3 RENAME one two
S1: a3 OK *
C1: a4 GETMETADATA two /private/comment
S1: * METADATA two (/private/comment "of one")
S1: a4 OK *
C1: a5 CREATE one
S1: a5 OK *
C1: a6 GETMETADATA one /private/comment
S1: * METADATA one (/private/comment NIL)
S1: a6 OK *
C1: a7 DELETE two
S1: a7 OK *
C1: a8 CREATE two
S1: a8 OK *
C1: a9 GETMETADATA two /private/comment
S1: * METADATA two (/private/comment NIL)
S1: a9 OK *
C1: b1 SETMETADATA INBOX (/private/comment "of the inbox")
S1: b1 OK *
C1: b2 RENAME INBOX old
S1: b2 OK *
C1: b3 GETMETADATA old /private/comment
S1: * METADATA old (/private/comment "of the inbox")
S1: b3 OK *
C1: b4 GETMETADATA INBOX /private/comment
S1: * METADATA INBOX (/private/comment "of the inbox")
S1: b4 OK *

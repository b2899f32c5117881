# GETMETADATA: values, sizes and depths; what the server says of itself
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * METADATA *
C1: a1 SETMETADATA INBOX (/private/comment "My own comment" /shared/comment {17+}
C1: Its sunny outside /private/vendor/x/one "1" /private/vendor/x/one/two "22")
S1: a1 OK *
C1: a2 GETMETADATA INBOX /shared/comment
S1: * METADATA INBOX (/shared/comment "Its sunny outside")
S1: a2 OK *
C1: a3 GETMETADATA "INBOX" /private/comment /shared/comment
S1: * METADATA INBOX (/private/comment "My own comment" /shared/comment "Its sunny outside")
S1: a3 OK *
C1: a4 GETMETADATA "INBOX" (MAXSIZE 15) (/shared/comment /private/comment)
S1: * METADATA INBOX (/private/comment "My own comment")
S1: a4 OK [METADATA LONGENTRIES 17] *
C1: a5 GETMETADATA (DEPTH 1) INBOX /private/vendor/x
S1: * METADATA INBOX (/private/vendor/x/one "1")
S1: a5 OK *
C1: a6 GETMETADATA INBOX (DEPTH infinity) (/private/vendor)
S1: * METADATA INBOX (/private/vendor/x/one "1" /private/vendor/x/one/two "22")
S1: a6 OK *
C1: a7 GETMETADATA INBOX (/PRIVATE/Comment /private/none)
S1: * METADATA INBOX (/PRIVATE/Comment "My own comment" /private/none NIL)
S1: a7 OK *
C1: a8 GETMETADATA nowhere /private/comment
S1: a8 NO *
C1: a9 GETMETADATA "" (/shared/comment /private/comment)
S1: * METADATA "" (/shared/comment NIL /private/comment NIL)
S1: a9 OK *
C1: b1 GETMETADATA INBOX /wrong/comment
S1: b1 BAD *
C1: b2 GETMETADATA INBOX "/private/a*"
S1: b2 BAD *
C1: b3 GETMETADATA INBOX (DEPTH 5) /private/comment
S1: b3 BAD *

# a changed annotation raises the mailbox's modseq, and changes no message
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ)
S1: * STATUS INBOX (UIDVALIDITY ${v=\d+} HIGHESTMODSEQ ${m=\d+})
S1: a OK *
C1: b SETMETADATA INBOX (/private/comment "mine")
S1: b OK *
C1: c STATUS INBOX (HIGHESTMODSEQ)
S1: /\* STATUS INBOX \(HIGHESTMODSEQ (?!${m}\))(?P<n>\d+)\)/
S1: c OK *
C1: d SETMETADATA "" (/private/comment "everywhere")
S1: d OK *
C1: e ENABLE QRESYNC
S1*: e OK *
C1: f SELECT INBOX (QRESYNC (${v} ${m}))
S1*: * OK [HIGHESTMODSEQ ${n}] *
S1: f OK *
C1: g SETMETADATA INBOX (/private/comment NIL)
S1: g OK *
C1: h STATUS INBOX (HIGHESTMODSEQ)
S1: /\* STATUS INBOX \(HIGHESTMODSEQ (?!${n}\))\d+\)/
S1: h OK *

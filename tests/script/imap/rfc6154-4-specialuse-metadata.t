# /private/specialuse is the special use of a mailbox, to read and to change
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 GETMETADATA Drafts /private/specialuse
S1: * METADATA Drafts (/private/specialuse "\\\\Drafts")
S1: a1 OK *
C1: a2 CREATE other
S1: a2 OK *
C1: a3 SETMETADATA other (/private/specialuse "\\\\Drafts")
S1: a3 NO [USEATTR] *
C1: a4 SETMETADATA Drafts (/private/specialuse NIL)
S1: a4 OK *
C1: a5 SETMETADATA other (/private/specialuse "\\\\Drafts")
S1: a5 OK *
C1: a6 LIST (SPECIAL-USE) "" (Drafts other)
S1: * LIST (\\HasNoChildren \\Drafts) "/" other
S1: a6 OK *
C1: a7 SETMETADATA other (/private/specialuse "\\\\Unheard")
S1: a7 NO [USEATTR] *

# Annotations of others' mailboxes: "l" and one of "rswip" to see them, "w" for shared ones; private ones are each user's own
account carol
account dave
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${dave} ${dave.password}
S2*: l2 OK *
C1: a1 CREATE team
S1: a1 OK *
C1: a2 SETMETADATA team (/shared/comment "ours" /private/comment "carol's")
S1: a2 OK *
C2: a3 GETMETADATA "Other Users/${carol}/team" /shared/comment
S2: a3 NO [NONEXISTENT] *
C1: a4 SETACL team ${dave} l
S1: a4 OK *
C2: a5 GETMETADATA "Other Users/${carol}/team" /shared/comment
S2: a5 NO [NOPERM] *
C1: a6 SETACL team ${dave} lr
S1: a6 OK *
C2: a7 GETMETADATA "Other Users/${carol}/team" (/shared/comment /private/comment)
S2: * METADATA "Other Users/${carol}/team" (/shared/comment "ours" /private/comment NIL)
S2: a7 OK *
C2: a8 SETMETADATA "Other Users/${carol}/team" (/private/comment "dave's" /shared/comment "mine")
S2: a8 NO [NOPERM] *
C2: a9 SETMETADATA "Other Users/${carol}/team" (/private/comment "dave's")
S2: a9 OK *
C1: b1 SETACL team ${dave} lrw
S1: b1 OK *
C2: b2 SETMETADATA "Other Users/${carol}/team" (/shared/comment "changed")
S2: b2 OK *
C2: b3 SETMETADATA "Other Users/${carol}/team" (/private/specialuse "\\\\Junk")
S2: b3 NO *
C1: b4 GETMETADATA team (/shared/comment /private/comment)
S1: * METADATA team (/shared/comment "changed" /private/comment "carol's")
S1: b4 OK *
C2: b5 GETMETADATA "Other Users/${carol}/team" (DEPTH infinity) (/private /shared)
S2: * METADATA "Other Users/${carol}/team" (/private/comment "dave's" /shared/comment "changed")
S2: b5 OK *

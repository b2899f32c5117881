# With ENABLE METADATA a client is told which entries others have changed, and not of its own
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${carol} ${carol.password}
S2*: l2 OK *
C2: a1 SETMETADATA INBOX (/private/before "x")
S2: a1 OK *
C1: a2 ENABLE METADATA
S1: * ENABLED METADATA
S1: a2 OK *
C2: a3 SETMETADATA INBOX (/private/comment "x" /shared/comment "y")
S2: a3 OK *
C2: a4 SETMETADATA "" (/private/comment "x")
S2: a4 OK *
C1: a5 SETMETADATA INBOX (/private/own "x")
S1: * METADATA INBOX /private/comment
S1: * METADATA INBOX /shared/comment
S1: * METADATA "" /private/comment
S1: a5 OK *
C1: a6 IDLE
S1: + *
C2: a7 SETMETADATA Sent (/private/specialuse NIL)
S2: a7 OK *
S1: * METADATA Sent /private/specialuse
C1: DONE
S1: a6 OK *
C2: a8 NOOP
S2: a8 OK *

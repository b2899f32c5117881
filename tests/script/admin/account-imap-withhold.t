# capabilities of IMAP that an account is not offered, neither by name nor by command; its next login heeds a change
account carol
run: account set ${carol} --imap-withhold MOOVE
exit: 2
run: account set ${carol} --imap-withhold MOVE,LITERAL+,ENABLE
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${carol.password}
not: * IMAP4rev2*
S1: a OK [CAPABILITY IMAP4rev1 LITERAL- *
C1: b ENABLE IMAP4rev2
S1: b BAD *
C1: c SELECT INBOX
S1*: c OK *
C1: d MOVE 1 Trash
S1: d BAD Unknown command
C1: e APPEND INBOX {4097+}\r\n${'x'*4097}
S1: e BAD [TOOBIG] *
C1: f APPEND INBOX {4097}
S1: + *
C1: ${'x'*4097}
S1*: f OK *
run: account show ${carol}
out*: *MOVE,LITERAL+,ENABLE*
run: account set ${carol} --imap-withhold none
C1: g MOVE 1 Trash
S1: g BAD *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2: a OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ *
C2: b SELECT INBOX
S2*: b OK *
C2: c MOVE 1 Trash
S2*: c OK *

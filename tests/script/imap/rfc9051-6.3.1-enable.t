# IMAP4rev2 beside IMAP4rev1: who does not enable it is told RECENT and SEARCH as ever, who does is not
account carol
connect1 imap tls
S1: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY IMAP4rev1 IMAP4rev2 *
C1: a ENABLE IMAP4rev2
S1: * ENABLED IMAP4rev2
S1: a OK *
C1: b ENABLE IMAP4rev2
S1: * ENABLED
S1: b OK *
C1: c APPEND INBOX {14+}
C1~: Subject: x\r\n\r\n\n
C1: 
S1: c OK [APPENDUID *
C1: d SELECT INBOX
not: /.* RECENT/
not: * OK [UNSEEN *
S1*: * LIST () "/" INBOX
S1: d OK [READ-WRITE] *
C1: e FETCH 1 (FLAGS)
S1: * 1 FETCH (FLAGS ())
S1: e OK *
C1: f SEARCH ALL
S1: * ESEARCH (TAG "f") ALL 1
S1: f OK *
C1: g UID SEARCH SUBJECT nowhere
S1: * ESEARCH (TAG "g") UID
S1: g OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${carol} ${carol.password}
S2*: l2 OK *
C2: a SELECT INBOX
S2*: * 0 RECENT
S2*: * OK [UNSEEN 1] *
S2*: a OK *
C2: b SEARCH ALL
S2: * SEARCH 1
S2: b OK *
C2: c STATUS INBOX (RECENT DELETED)
S2: * STATUS INBOX (RECENT 0 DELETED 0)
S2: c OK *

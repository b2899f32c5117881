# what is told of messages without being asked has the UID, in IMAP4rev2
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ENABLE IMAP4rev2
S1*: a OK *
C1: b APPEND INBOX {1+}
C1: x
S1*: b OK *
C1: c SELECT INBOX
S1*: c OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${carol} ${carol.password}
S2*: l2 OK *
C2: a SELECT INBOX
S2*: a OK *
C2: b STORE 1 +FLAGS ($Forwarded)
S2*: b OK *
C1: d NOOP
S1*: * 1 FETCH (UID 1 FLAGS ($Forwarded))
S1: d OK *
C1: e STORE 1 +FLAGS.SILENT ($MDNSent)
S1*: e OK *
C2: c NOOP
S2*: * 1 FETCH (FLAGS ($Forwarded $MDNSent))
S2: c OK *
C2: d APPEND INBOX {1+}
C2: y
S2*: * 1 RECENT
S2*: d OK *
C1: f NOOP
not: /.* RECENT/
S1: * 2 EXISTS
S1: f OK *

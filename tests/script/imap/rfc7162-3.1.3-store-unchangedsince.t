# STORE under a condition: those that have changed are told, the others are stored
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: Greetings

All is well.
END
C1: ap APPEND INBOX {${msg.size}+}
C1~: ${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: s1 SELECT INBOX (CONDSTORE)
S1*: * OK [HIGHESTMODSEQ ${first=\d+}] *
S1*: s1 OK [READ-WRITE] *
C1: a STORE 1,3,1:3 (UNCHANGEDSINCE ${first}) +FLAGS.SILENT (\\Deleted)
S1: * 1 FETCH (UID 1 MODSEQ (${second=\d+}))
S1: * 2 FETCH (UID 2 MODSEQ (${second}))
S1: * 3 FETCH (UID 3 MODSEQ (${second}))
S1: a OK *
C1: b STORE 1 +FLAGS ($MDNSent)
S1*: b OK *
C1: c UID STORE 1:3 (UNCHANGEDSINCE ${second}) -FLAGS.SILENT (\\Deleted)
S1: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent $MDNSent) MODSEQ (*))
S1: * 2 FETCH (UID 2 MODSEQ (${third=\d+}))
S1: * 3 FETCH (UID 3 MODSEQ (${third}))
S1: c OK [MODIFIED 1] *
C1: d STORE 1:3 (UNCHANGEDSINCE ${first}) FLAGS ()
S1: * 1 FETCH *
S1: * 2 FETCH *
S1: * 3 FETCH *
S1: d OK [MODIFIED 1:3] *
# a modseq of 0 fails for what exists: a system flag always, a keyword when it is set
C1: e STORE 1:2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
S1: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent $MDNSent) MODSEQ (*))
S1: * 2 FETCH (UID 2 MODSEQ (*))
S1: e OK [MODIFIED 1] *
C1: f STORE 3 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Draft)
S1: * 3 FETCH (UID 3 FLAGS (\\Recent) MODSEQ (${third}))
S1: f OK [MODIFIED 3] *
C1: g STORE 3 (UNCHANGEDSINCE 9223372036854775808) +FLAGS (\\Draft)
S1: g BAD *
C1: h STORE 3 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 2) +FLAGS (\\Draft)
S1: h BAD *
C1: i STORE 3 (OTHER 1) +FLAGS (\\Draft)
S1: i BAD *
C1: j EXAMINE INBOX
S1*: j OK *
C1: k STORE 3 (UNCHANGEDSINCE 9223372036854775807) +FLAGS (\\Draft)
S1: k NO *

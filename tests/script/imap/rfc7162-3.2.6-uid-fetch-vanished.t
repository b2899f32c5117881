# UID FETCH (CHANGEDSINCE n VANISHED): what has gone comes first
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
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: a SELECT INBOX (CONDSTORE)
S1*: * OK [HIGHESTMODSEQ ${m=\d+}] *
S1*: a OK *
C1: b UID FETCH 1:* FLAGS (CHANGEDSINCE ${m} VANISHED)
S1: b BAD *
C1: c ENABLE QRESYNC
S1: * ENABLED QRESYNC
S1: c OK *
C1: d UID STORE 1,3,6 +FLAGS.SILENT (\\Deleted)
S1: * 1 FETCH (UID 1 MODSEQ (${n=\d+}))
S1: * 3 FETCH (UID 3 MODSEQ (${n}))
S1: * 6 FETCH (UID 6 MODSEQ (${n}))
S1: d OK *
C1: e UID EXPUNGE 3:6
S1: * VANISHED 3,6
S1: e OK [HIGHESTMODSEQ ${o=\d+}] *
C1: f UID FETCH 1:* FLAGS (CHANGEDSINCE ${m} VANISHED)
S1: * VANISHED (EARLIER) 3,6
S1: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent) MODSEQ (${n}))
S1: f OK *
C1: g UID FETCH 2:4 FLAGS (VANISHED CHANGEDSINCE ${m})
S1: * VANISHED (EARLIER) 3
S1: g OK *
C1: h UID FETCH 1:* FLAGS (CHANGEDSINCE ${o} VANISHED)
S1: h OK *
C1: i FETCH 1:* FLAGS (CHANGEDSINCE ${m} VANISHED)
S1: i BAD *
C1: j UID FETCH 1:* FLAGS (VANISHED)
S1: j BAD *
C1: k UID FETCH 1:4294967295 UID (CHANGEDSINCE ${n} VANISHED PARTIAL 1:1)
S1: * VANISHED (EARLIER) 3,6
S1: k OK *

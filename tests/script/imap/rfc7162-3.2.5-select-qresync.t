# SELECT (QRESYNC): what has changed and gone since a client was last there, and errors of its parameter
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
C1: a SELECT INBOX (QRESYNC (1 1))
S1: a BAD *
C1: b ENABLE QRESYNC
S1: * ENABLED CONDSTORE QRESYNC
S1: b OK *
C1: c SELECT INBOX
S1*: * OK [UIDVALIDITY ${v=\d+}] *
S1*: * OK [HIGHESTMODSEQ ${m=\d+}] *
S1*: c OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s SELECT INBOX
S2*: s OK *
C2: t STORE 2,4:5 +FLAGS.SILENT (\\Deleted)
S2: t OK *
C2: u EXPUNGE
S2*: u OK *
C2: v STORE 3 +FLAGS.SILENT (\\Answered)
S2: v OK *
C2: w APPEND INBOX {${msg.size}+}
C2: ${msg}
S2*: w OK *
# without a command in between the other session does not know of it; it is told when it selects anew
C1: d SELECT INBOX (QRESYNC (${v} ${m}))
S1: * OK [CLOSED] *
S1*: * 4 EXISTS
S1*: * OK [UIDNEXT 8] *
S1*: * OK [HIGHESTMODSEQ ${n=\d+}] *
S1: * VANISHED (EARLIER) 2,4:5
S1: * 3 FETCH (UID 6 FLAGS (\\Answered) MODSEQ (*))
S1: * 4 FETCH (UID 7 FLAGS (*) MODSEQ (${n}))
S1: d OK [READ-WRITE] *
C1: e EXAMINE INBOX (QRESYNC (${v} ${m} 1:4))
S1*: * OK [HIGHESTMODSEQ ${n}] *
S1: * VANISHED (EARLIER) 2,4
S1: e OK [READ-ONLY] *
C1: f SELECT INBOX (QRESYNC (${v} ${n}))
S1*: * OK [HIGHESTMODSEQ ${n}] *
S1: f OK *
C1: g SELECT INBOX (CONDSTORE QRESYNC (${v} ${m} 1:6 (1:2 1,3)))
S1*: * OK [HIGHESTMODSEQ ${n}] *
S1: * VANISHED (EARLIER) 4:5
S1: * 3 FETCH (UID 6 FLAGS (\\Answered) MODSEQ (*))
S1: g OK *
C1: h SELECT INBOX (QRESYNC (${v}0 ${m}))
S1: h BAD *
C1: i SELECT INBOX (QRESYNC (1 ${m}))
S1*: * OK [HIGHESTMODSEQ ${n}] *
S1: i OK *
C1: j SELECT INBOX (QRESYNC (${v} ${m} 1:*))
S1: j BAD *
C1: k SELECT INBOX (QRESYNC (${v} 9223372036854775808))
S1: k BAD *
C1: l SELECT INBOX (QRESYNC (${v}))
S1: l BAD *
C1: m SELECT INBOX (QRESYNC (${v} 1 1:6 (1,2 1)))
S1: m BAD *
C1: n SELECT INBOX (QRESYNC (${v} 1) QRESYNC (${v} 1))
S1: n BAD *
# what was refused has left the mailbox selected
C1: o FETCH 1 UID
S1: * 1 FETCH (UID 1)
S1: o OK *
C1: p SELECT INBOX (QRESYNC (${v} 1 1:6 (3:4 5:6)))
S1: * OK [CLOSED] *
S1*: * OK [HIGHESTMODSEQ ${n}] *
S1: * VANISHED (EARLIER) 2,4:5
S1: * 1 FETCH *
S1: * 2 FETCH *
S1: * 3 FETCH *
S1: p OK *

# who does not want to hear of flags (RFC 5465) hears no HIGHESTMODSEQ that covers them, and is told when it selects again
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
Subject: Greetings

END
C1: ap APPEND INBOX {${msg.size}+}
C1~: ${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s SELECT INBOX
S2*: s OK *
C1: a ENABLE QRESYNC
S1*: a OK *
C1: b SELECT INBOX
S1*: * OK [UIDVALIDITY ${v=\d+}] *
S1*: * OK [HIGHESTMODSEQ ${m=\d+}] *
S1*: b OK *
C1: c NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge))
S1: c OK *
C2: d STORE 1 +FLAGS.SILENT (\\Flagged)
S2*: d OK *
C2: e APPEND INBOX {${msg.size}+}
C2: ${msg}
S2*: e OK *
# whatever is told unasked has uid and modseq
S1: * 3 EXISTS
S1: * * RECENT
S1: * 3 FETCH (FLAGS (*) UID 3 MODSEQ (${n=\d+}))
# between commands nothing stands above what was told
S1: * OK [HIGHESTMODSEQ ${m}] *
C1: f NOOP
S1: f OK *
C2: g UID STORE 2 +FLAGS.SILENT (\\Deleted)
S2*: g OK *
C2: h EXPUNGE
S2*: h OK *
S1: * VANISHED 2
C1: i NOOP
S1: i OK [HIGHESTMODSEQ ${m}] *
C1: j SELECT INBOX (QRESYNC (${v} ${m}))
S1*: * VANISHED (EARLIER) 2
S1: * 1 FETCH (UID 1 FLAGS (\\Flagged*) MODSEQ (*))
S1: * 2 FETCH (UID 3 FLAGS (*) MODSEQ (${n}))
S1: j OK *

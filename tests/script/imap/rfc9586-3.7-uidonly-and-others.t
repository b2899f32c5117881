# UIDONLY with CONDSTORE, QRESYNC, NOTIFY and searches that are kept up to date
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
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s SELECT INBOX
S2*: s OK *
# answers with numbers end where it is enabled; others go on
C1: a SELECT INBOX
S1*: * OK [UIDVALIDITY ${v=\d+}] *
S1*: a OK *
C1: b1 SEARCH RETURN (UPDATE COUNT) ANSWERED
S1: * ESEARCH (TAG "b1") COUNT 0
S1: b1 OK *
C1: b2 UID SEARCH RETURN (UPDATE (UID FLAGS) COUNT) ANSWERED
S1: * ESEARCH (TAG "b2") UID COUNT 0
S1: b2 OK *
C1: b3 ENABLE UIDONLY CONDSTORE
S1: * ENABLED CONDSTORE UIDONLY
S1: * NO [NOUPDATE "b1"] *
S1: * OK [HIGHESTMODSEQ *] *
S1: b3 OK *
C2: s1 STORE 2 +FLAGS (\\Answered)
S2*: s1 OK *
C1: c1 NOOP
S1: * 2 UIDFETCH (FLAGS (\\Answered*) MODSEQ (${m=\d+}))
S1: * ESEARCH (TAG "b2") UID ADDTO (0 2)
S1: c1 OK *
# MODSEQ stands there as ever
C1: d1 UID FETCH 2 (MODSEQ)
S1: * 2 UIDFETCH (MODSEQ (${m}))
S1: d1 OK *
C1: d2 UID STORE 3 +FLAGS.SILENT (\\Seen)
S1: * 3 UIDFETCH (MODSEQ (${n=\d+}))
S1: d2 OK *
C1: d3 UID STORE 2:3 (UNCHANGEDSINCE ${m}) +FLAGS.SILENT (\\Draft)
S1: * 2 UIDFETCH (MODSEQ (*))
S1: * 3 UIDFETCH (FLAGS (\\Seen*) MODSEQ (${n}))
S1: d3 OK [MODIFIED 3] *
C1: d4 UID FETCH 1:* (UID) (CHANGEDSINCE ${n})
S1: * 2 UIDFETCH (UID 2 MODSEQ (*))
S1: d4 OK *
C1: d5 UID FETCH 4 BODY[TEXT]<0.3>
S1: * 4 UIDFETCH (BODY[TEXT]<0> {3}
S1: All FLAGS (\\Seen*) MODSEQ (*))
S1: d5 OK *
# QRESYNC (section 3.7): but for its fourth parameter
C1: e1 ENABLE QRESYNC
S1: * ENABLED QRESYNC
S1: e1 OK *
C1: e2 SELECT INBOX (QRESYNC (${v} ${m} 1:6 (1:3 1:3)))
S1: e2 BAD [UIDREQUIRED] *
C1: e3 SELECT INBOX (QRESYNC (${v} ${m} (1:3 1:3)))
S1: e3 BAD [UIDREQUIRED] *
C2: s2 STORE 6 +FLAGS.SILENT (\\Deleted)
S2*: s2 OK *
C2: s3 EXPUNGE
S2*: s3 OK *
C1: e4 SELECT INBOX (QRESYNC (${v} ${m} 1:6))
S1: * OK [CLOSED] *
S1*: * VANISHED (EARLIER) 6
S1: * 2 UIDFETCH (FLAGS (\\Answered \\Draft*) MODSEQ (*))
S1: * 3 UIDFETCH (FLAGS (\\Seen*) MODSEQ (*))
S1: * 4 UIDFETCH (FLAGS (\\Seen*) MODSEQ (*))
S1: e4 OK *
# NOTIFY (RFC 5465 section 5.2): what is told of new messages
C1: f1 NOTIFY SET (SELECTED (MessageNew (RFC822.SIZE) MessageExpunge FlagChange))
S1: f1 OK *
C2: s4 APPEND INBOX {${msg.size}+}
C2: ${msg}
S2*: s4 OK *
S1: * 6 EXISTS
S1: * * RECENT
S1: * 7 UIDFETCH (RFC822.SIZE ${msg.size} MODSEQ (*))

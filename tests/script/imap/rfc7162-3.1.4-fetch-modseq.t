# modseqs of messages, what has changed since one, and what was told of it to somebody else
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
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s1 SELECT INBOX
S2*: * OK [HIGHESTMODSEQ ${first}] *
S2*: s1 OK *
C2: a STORE 2 +FLAGS (\\Flagged)
S2: * 2 FETCH (FLAGS (\\Flagged \\Seen))
S2: a OK *
C1: b NOOP
S1: * 2 FETCH (UID 2 FLAGS (\\Flagged \\Seen \\Recent) MODSEQ (${second=\d+}))
S1: b OK *
C1: c UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${first})
S1: * 2 FETCH (UID 2 FLAGS (\\Flagged \\Seen \\Recent) MODSEQ (${second}))
S1: c OK *
C1: d FETCH 1:* (FLAGS) (CHANGEDSINCE ${second})
S1: d OK *
C1: e FETCH 2:3 MODSEQ
S1: * 2 FETCH (MODSEQ (${second}))
S1: * 3 FETCH (MODSEQ (${first}))
S1: e OK *
C1: f UID FETCH 1:* UID (PARTIAL -1:-2 CHANGEDSINCE 1)
S1: * 2 FETCH (UID 2 MODSEQ (${second}))
S1: * 3 FETCH (UID 3 MODSEQ (${first}))
S1: f OK *
C1: g UID FETCH 1:* UID (CHANGEDSINCE ${first} PARTIAL -1:-1)
S1: g OK *
C1: h FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)
S1: h BAD *
C1: i FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 1)
S1: i BAD *
C1: j FETCH 1:* FLAGS (CHANGEDSINCE 9223372036854775807)
S1: j OK *
C1: k FETCH 3 BODY[TEXT]<0.3>
S1: * 3 FETCH (BODY[TEXT]<0> {3}
S1: All FLAGS (\\Seen \\Recent) UID 3 MODSEQ (${third=\d+}))
S1: k OK *
C2: l STATUS INBOX (HIGHESTMODSEQ)
S2: * STATUS INBOX (HIGHESTMODSEQ ${third})
S2: * 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (${third}))
S2: * OK [HIGHESTMODSEQ ${third}] *
S2: l OK *
C2: m ENABLE CONDSTORE
S2: * ENABLED
S2: m OK *
C2: n STORE 1 +FLAGS.SILENT (\\Answered)
S2: * 1 FETCH (UID 1 MODSEQ (${fourth=\d+}))
S2: n OK *
C2: o STORE 1 +FLAGS.SILENT (\\Answered)
S2: * 1 FETCH (UID 1 MODSEQ (${fourth}))
S2: o OK *

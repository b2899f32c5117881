# modseqs where \Seen is one's own (RFC 7162 section 3.1.4.1, example 14), and coming back by QRESYNC
account carol
account dave
account erin
let msg <<END
From: Ann <ann@example.test>
Subject: for all of us

What we said.
END

connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a SETACL INBOX anyone lrswite
S1: a OK *
C1: b APPEND INBOX () {${msg.size}+}
C1~: ${msg}
C1: 
S1: b OK *
C1: b2 APPEND INBOX () {${msg.size}+}
C1~: ${msg}
C1: 
S1: b2 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${dave} ${dave.password}
S2*: l2 OK *
connect3 imap tls
S3: * OK *
C3: l3 LOGIN ${dave} ${dave.password}
S3*: l3 OK *
connect4 imap tls
S4: * OK *
C4: l4 LOGIN ${erin} ${erin.password}
S4*: l4 OK *
C2: c SELECT "Other Users/${carol}/INBOX" (CONDSTORE)
S2*: * OK [UIDVALIDITY ${validity=\d+}] *
S2*: * OK [HIGHESTMODSEQ ${first=\d+}] *
S2*: c OK *
C3: d SELECT "Other Users/${carol}/INBOX" (CONDSTORE)
S3*: d OK *
C4: e SELECT "Other Users/${carol}/INBOX" (CONDSTORE)
S4*: e OK *
C2: f STORE 1 +FLAGS.SILENT (\\Flagged)
S2: * 1 FETCH (UID 1 MODSEQ (*))
S2: f OK *
C3: g NOOP
S3: * 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (*))
S3: g OK *
C4: h NOOP
S4: * 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (*))
S4: h OK *
# his own \Seen is told to his own sessions
C2: i STORE 1 +FLAGS.SILENT (\\Seen)
S2: * 1 FETCH (UID 1 MODSEQ (${seen=\d+}))
S2: i OK *
C3: j NOOP
S3: * 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen) MODSEQ (${seen}))
S3: j OK *
C4: k NOOP
S4: k OK *
C2: l FETCH 1:* (FLAGS) (CHANGEDSINCE ${first})
S2: * 1 FETCH (FLAGS (\\Flagged \\Seen) MODSEQ (${seen}))
S2: l OK *
C3: m STORE 1 (UNCHANGEDSINCE ${first}) +FLAGS (\\Seen)
S3*: m OK [MODIFIED 1] *
# a flag is there always, also \Seen that is not the owner's (RFC 7162 section 3.1.3)
C3: m2 STORE 2 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)
S3*: m2 OK [MODIFIED 2] *
C4: n UID EXPUNGE 2
S4: n OK *
C4: n2 STORE 2 +FLAGS.SILENT (\\Deleted)
S4*: n2 OK *
C4: n3 EXPUNGE
S4*: n3 OK *
C2: o LOGOUT
S2*: o OK *
connect2 imap tls
S2: * OK *
C2: p LOGIN ${dave} ${dave.password}
S2*: p OK *
C2: q ENABLE QRESYNC
S2*: q OK *
C2: r SELECT "Other Users/${carol}/INBOX" (QRESYNC (${validity} ${first}))
S2*: * VANISHED (EARLIER) 2
S2*: * 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen) MODSEQ (${seen}))
S2*: r OK *

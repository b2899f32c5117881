# a mailbox of somebody else: selected, searched, fetched; \Seen is each user's own; rights that go are gone
account carol
account dave
let msg <<END
From: Ann <ann@example.test>
Subject: for all of us

What we said.
END

connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${dave} ${dave.password}
S2*: l2 OK *
C1: a CREATE Team
S1: a OK *
C1: b APPEND Team (\\Seen \\Flagged \$Work) {${msg.size}+}
C1~: ${msg}
C1: 
S1: b OK *
C1: c APPEND Team () {${msg.size}+}
C1~: ${msg}
C1: 
S1: c OK *
C1: d SETACL Team ${dave} lrs
S1: d OK *
C2: e SELECT "Other Users/${carol}/Team"
S2*: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \$Work)
S2*: * OK [PERMANENTFLAGS (\\Seen)] *
S2*: * 2 EXISTS
S2*: e OK [READ-ONLY] *
C2: f FETCH 1:2 (UID FLAGS)
S2: * 1 FETCH (UID 1 FLAGS (\\Flagged \$Work))
S2: * 2 FETCH (UID 2 FLAGS ())
S2: f OK *
C2: g SEARCH UNSEEN
S2: * SEARCH 1 2
S2: g OK *
C2: h FETCH 2 BODY[HEADER.FIELDS (SUBJECT)]
S2*: /.*FLAGS .*Seen.*/
S2*: h OK *
C2: i STORE 1 +FLAGS (\\Seen \\Answered)
S2: * 1 FETCH (FLAGS (\\Flagged \\Seen \$Work))
S2: i OK *
C2: j STORE 1 +FLAGS (\\Answered)
S2: j NO [NOPERM] *
C2: k STATUS "Other Users/${carol}/Team" (MESSAGES UNSEEN)
S2: * STATUS "Other Users/${carol}/Team" (MESSAGES 2 UNSEEN 0)
S2: k OK *
# the owner's own \Seen is as it was
C1: l SELECT Team
S1*: l OK *
C1: m FETCH 1:2 FLAGS
S1: * 1 FETCH (FLAGS (\\Flagged \\Seen* \$Work))
S1: * 2 FETCH (FLAGS (*))
S1: m OK *
C1: n SEARCH UNSEEN
S1: * SEARCH 2
S1: n OK *
# what he does is seen by the other
C1: o STORE 2 +FLAGS (\\Deleted \$New)
S1*: o OK *
C2: p NOOP
S2*: * 2 FETCH (FLAGS (\\Deleted \\Seen \$New))
S2*: p OK *
C1: q EXPUNGE
S1*: q OK *
C2: r NOOP
S2*: * 2 EXPUNGE
S2*: r OK *
C1: s APPEND Team () {${msg.size}+}
C1~: ${msg}
C1: 
S1*: s OK *
C2: t NOOP
S2*: * 2 EXISTS
S2*: t OK *
C2: u IDLE
S2: + *
C1: v STORE 1 -FLAGS (\\Flagged)
S1*: v OK *
S2: * 1 FETCH (FLAGS (\\Seen \$Work))
C2: DONE
S2*: u OK *
C2: v EXPUNGE
S2: v NO *
C2: w CLOSE
S2: w OK *
C2: x EXAMINE "Other Users/${carol}/Team"
S2*: x OK [READ-ONLY] *
C2: x1 FETCH 1:* FLAGS
S2: * 1 FETCH (FLAGS (\\Seen \$Work))
S2: * 2 FETCH (FLAGS ())
S2: x1 OK *
C2: x2 STORE 2 +FLAGS (\\Seen)
S2: x2 NO *
C2: y SELECT "Other Users/${carol}/INBOX"
S2*: y NO [NONEXISTENT] *
C2: z SELECT "Other Users/${carol}/Team"
S2*: z OK *
# rights that are added are told of; without "r" the session ends
C1: za SETACL Team ${dave} +w
S1: za OK *
C2: zb NOOP
S2*: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Seen \\Draft \$Work \$New \\*)] *
S2*: zb OK *
C1: zc SETACL Team ${dave} -r
S1: zc OK *
C2: zd FETCH 1 FLAGS
S2: * BYE *
eof2

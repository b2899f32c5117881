# a mailbox of somebody else is changed: flags, new messages, copies and moves both ways, as far as the rights go
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
C1: b SETACL Team ${dave} lrsi
S1: b OK *
# flags that one has no right to are left out; \Seen is one's own
C2: c APPEND "Other Users/${carol}/Team" (\\Seen \\Flagged \\Deleted \$Work) {${msg.size}+}
C2~: ${msg}
C2: 
S2: c OK [APPENDUID * 1] *
C2: d SELECT "Other Users/${carol}/Team"
S2*: d OK [READ-WRITE] *
C2: e FETCH 1 FLAGS
S2: * 1 FETCH (FLAGS (\\Seen))
S2: e OK *
C1: f SELECT Team
S1*: f OK *
C1: g FETCH 1 FLAGS
S1: * 1 FETCH (FLAGS (\\Recent))
S1: g OK *
C1: h STORE 1 +FLAGS (\\Flagged \$Home)
S1*: h OK *
C2: i STORE 1 FLAGS (\\Answered)
S2*: * 1 FETCH (FLAGS (\\Flagged \$Home))
S2*: i OK *
# to one's own mailbox, with the flags and one's own \Seen
C2: j STORE 1 +FLAGS (\\Seen)
S2: * 1 FETCH (FLAGS (\\Flagged \\Seen \$Home))
S2: j OK *
C2: k COPY 1 Archive
S2: k OK [COPYUID * 1 1] *
C2: l MOVE 1 Archive
S2: l NO [NOPERM] *
C1: m SETACL Team ${dave} lrswite
S1: m OK *
C2: n MOVE 1 Archive
S2*: * OK [COPYUID * 1 2] *
S2*: * 1 EXPUNGE
S2*: n OK *
C1: o NOOP
S1*: * 1 EXPUNGE
S1*: o OK *
C2: p SELECT Archive
S2*: p OK *
C2: q FETCH 1:2 (FLAGS BODY.PEEK[TEXT])
S2: * 1 FETCH (FLAGS (\\Flagged \\Seen \\Recent \$Home) BODY[TEXT] {15}
S2: What we said.
S2: )
S2: * 2 FETCH (FLAGS (\\Flagged \\Seen \\Recent \$Home) BODY[TEXT] {15}
S2: What we said.
S2: )
S2: q OK *
# and the other way
C2: r COPY 1 "Other Users/${carol}/Team"
S2: r OK [COPYUID * 1 2] *
C2: s MOVE 1:2 "Other Users/${carol}/Team"
S2: * OK [COPYUID * 1:2 3:4] *
S2: * 1 EXPUNGE
S2: * 1 EXPUNGE
S2: s OK *
C1: t NOOP
S1: * 3 EXISTS
S1*: t OK *
C1: u FETCH 1:3 (UID FLAGS)
S1: * 1 FETCH (UID 2 FLAGS (\\Flagged \\Recent \$Home))
S1: * 2 FETCH (UID 3 FLAGS (\\Flagged \\Recent \$Home))
S1: * 3 FETCH (UID 4 FLAGS (\\Flagged \\Recent \$Home))
S1: u OK *
C2: v SELECT "Other Users/${carol}/Team"
S2*: v OK *
C2: w FETCH 1:3 (UID FLAGS)
S2: * 1 FETCH (UID 2 FLAGS (\\Flagged \\Seen \$Home))
S2: * 2 FETCH (UID 3 FLAGS (\\Flagged \\Seen \$Home))
S2: * 3 FETCH (UID 4 FLAGS (\\Flagged \\Seen \$Home))
S2: w OK *
# within one mailbox of another, and from one of another to one of another
C2: x COPY 1 "Other Users/${carol}/Team"
S2: * 4 EXISTS
S2*: x OK [COPYUID * 2 5] *
C2: z STORE 1:2 +FLAGS.SILENT (\\Deleted)
S2: z OK *
C2: za UID EXPUNGE 2
S2*: * 1 EXPUNGE
S2*: za OK *
C2: zb EXPUNGE
S2*: * 1 EXPUNGE
S2*: zb OK *
C1: zc NOOP
S1*: zc OK *
C1: zd UID SEARCH ALL
S1: * SEARCH 4 5
S1: zd OK *
# replaced, in one commit
C2: ze REPLACE 1 "Other Users/${carol}/Team" (\\Seen) {${msg.size}+}
C2~: ${msg}
C2: 
S2*: * OK [APPENDUID * 6] *
S2*: ze OK *
C2: zf UID SEARCH SEEN
S2: * SEARCH 5 6
S2: zf OK *
C2: zg REPLACE 1 Archive () {${msg.size}+}
C2~: ${msg}
C2: 
S2*: zg NO *
# without "r" there is a letter box: no uids are told
C1: zh SETACL Drafts ${dave} i
S1*: zh OK *
C2: zi APPEND "Other Users/${carol}/Drafts" {${msg.size}+}
C2~: ${msg}
C2: 
S2: zi OK Done
C2: zj COPY 1 "Other Users/${carol}/Drafts"
S2: zj OK *
not: *COPYUID*
C1: zk STATUS Drafts (MESSAGES)
S1*: * STATUS Drafts (MESSAGES 2)
S1: zk OK *
C2: zl APPEND "Other Users/${carol}/Junk" {${msg.size}+}
C2~: ${msg}
C2: 
S2: zl NO [TRYCREATE] *
# the mailbox goes, and so do those who have it selected
C1: zm UNSELECT
S1: zm OK *
C1: zn DELETE Team
S1: zn OK *
C2: zo NOOP
S2*: * BYE *
eof2

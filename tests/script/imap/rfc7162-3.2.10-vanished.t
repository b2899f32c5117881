# VANISHED instead of EXPUNGE, HIGHESTMODSEQ behind it, and what a delayed one does to it
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
C1: a ENABLE QRESYNC
S1: * ENABLED CONDSTORE QRESYNC
S1: a OK *
C1: b SELECT INBOX
S1*: * OK [HIGHESTMODSEQ ${m=\d+}] *
S1*: b OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s SELECT INBOX (CONDSTORE)
S2*: s OK *
C1: c STORE 2,3 +FLAGS.SILENT (\\Deleted)
S1*: c OK *
C1: d EXPUNGE
S1: * VANISHED 2:3
S1: d OK [HIGHESTMODSEQ ${n=\d+}] *
C1: e EXPUNGE
S1: e OK Done
# the other session must not hear of it during STORE and FETCH, and does not believe that it knows all
C2: f STORE 1 +FLAGS.SILENT (\\Seen)
S2: * 1 FETCH (UID 1 MODSEQ (${o=\d+}))
S2: f OK [HIGHESTMODSEQ ${m}] *
C2: g FETCH 1 (MODSEQ)
S2: * 1 FETCH (MODSEQ (${o}))
S2: g OK [HIGHESTMODSEQ ${m}] *
C2: h UID SEARCH 1 MODSEQ 1
S2: * SEARCH 1 (MODSEQ ${o})
S2: h OK [HIGHESTMODSEQ ${m}] *
C2: i NOOP
S2: * 2 EXPUNGE
S2: * 2 EXPUNGE
S2: i OK [HIGHESTMODSEQ ${o}] *
C1: j UID MOVE 4 Trash
S1: * OK [COPYUID * 4 1] *
S1: * 1 FETCH (UID 1 FLAGS (\\Seen*) MODSEQ (${o}))
S1: * VANISHED 4
S1: j OK [HIGHESTMODSEQ ${p=\d+}] *
C1: k UID REPLACE 5 INBOX {${msg.size}+}
C1: ${msg}
S1: * OK [APPENDUID * 7] *
S1: * VANISHED 5
S1: * 3 EXISTS
S1: * * RECENT
S1: k OK [HIGHESTMODSEQ ${q=\d+}] *
C1: l IDLE
S1: + *
C2: m UID STORE 6 +FLAGS.SILENT (\\Deleted)
S2*: m OK *
S1: * 2 FETCH (UID 6 FLAGS (\\Deleted*) MODSEQ (*))
C2: n EXPUNGE
S2*: n OK *
S1: * VANISHED 6
C1: DONE
S1: l OK [HIGHESTMODSEQ ${r=\d+}] *
C1: o UID STORE 7 +FLAGS.SILENT (\\Deleted)
S1*: o OK *
C1: p CLOSE
S1: p OK Done
C1: q STATUS INBOX (MESSAGES)
S1: * STATUS INBOX (MESSAGES 1)
S1: q OK Done

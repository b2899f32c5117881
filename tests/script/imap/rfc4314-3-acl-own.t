# SETACL, GETACL, LISTRIGHTS, MYRIGHTS, DELETEACL on one's own mailboxes
account carol
account dave
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a MYRIGHTS INBOX
S1: * MYRIGHTS INBOX lrswipkxtecda
S1: a OK *
C1: b GETACL INBOX
S1: * ACL INBOX ${carol} lrswipkxtecda
S1: b OK *
C1: c SETACL INBOX ${dave} lrswida
S1: c OK *
C1: d GETACL INBOX
S1: * ACL INBOX ${carol} lrswipkxtecda ${dave} lrswiteda
S1: d OK *
C1: e SETACL INBOX ${dave} -da
S1: e OK *
C1: f SETACL INBOX ${dave} +k
S1: f OK *
C1: g SETACL INBOX -anyone p
S1: g OK *
C1: h GETACL INBOX
S1: * ACL INBOX ${carol} lrswipkxtecda ${dave} lrswikc -anyone p
S1: h OK *
C1: i LISTRIGHTS INBOX anyone
S1: * LISTRIGHTS INBOX anyone "" l r s w i p k x t e c d a
S1: i OK *
C1: j LISTRIGHTS INBOX ${carol}
S1: * LISTRIGHTS INBOX ${carol} lrswipkxtecda
S1: j OK *
# the owner has all rights always
C1: k SETACL INBOX ${carol} l
S1: k NO *
C1: l SETACL INBOX ${dave} lrQ
S1: l BAD *
C1: m SETACL INBOX ${dave} lrq
S1: m BAD *
C1: n SETACL INBOX nobody-of-that-name@example.test l
S1: n NO *
C1: o SETACL INBOX "" l
S1: o BAD *
C1: p SETACL Missing ${dave} l
S1: p NO *
C1: q DELETEACL INBOX ${dave}
S1: q OK *
C1: r SETACL INBOX -anyone ""
S1: r OK *
C1: s GETACL INBOX
S1: * ACL INBOX ${carol} lrswipkxtecda
S1: s OK *
# what is made below a mailbox has its list, and it goes with a mailbox
C1: t CREATE Team
S1: t OK *
C1: u SETACL Team ${dave} lr
S1: u OK *
C1: v CREATE Team/Sub
S1: v OK *
C1: w GETACL Team/Sub
S1: * ACL Team/Sub ${carol} lrswipkxtecda ${dave} lr
S1: w OK *
C1: x DELETE Team/Sub
S1: x OK *
C1: y RENAME Team Crew
S1: y OK *
C1: z GETACL Crew
S1: * ACL Crew ${carol} lrswipkxtecda ${dave} lr
S1: z OK *

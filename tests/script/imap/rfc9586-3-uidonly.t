# UIDONLY: no number of a message in a command, nor in an answer
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
C1: a CAPABILITY
S1: * CAPABILITY * UIDONLY *
S1: a OK *
C1: a2 SELECT INBOX
S1*: a2 OK *
C1: a3 STORE 1:2 +FLAGS.SILENT (\\Deleted)
S1*: a3 OK *
C1: a4 EXPUNGE
S1: * 1 EXPUNGE
S1: * 1 EXPUNGE
S1: a4 OK *
C1: b ENABLE UIDONLY
S1: * ENABLED UIDONLY
S1: b OK *
C1: b2 ENABLE UIDONLY
S1: * ENABLED
S1: b2 OK *
# section 3.2, and 3.8 for what other extensions have
C1: c1 FETCH 1 (UID FLAGS)
S1: c1 BAD [UIDREQUIRED] *
C1: c2 STORE 1 +FLAGS (\\Seen)
S1: c2 BAD [UIDREQUIRED] *
C1: c3 SEARCH ALL
S1: c3 BAD [UIDREQUIRED] *
C1: c4 COPY * Trash
S1: c4 BAD [UIDREQUIRED] *
C1: c5 MOVE 1 Trash
S1: c5 BAD [UIDREQUIRED] *
C1: c6 SORT (DATE) UTF-8 ALL
S1: c6 BAD [UIDREQUIRED] *
C1: c7 THREAD REFERENCES UTF-8 ALL
S1: c7 BAD [UIDREQUIRED] *
C1: c8 REPLACE 1 INBOX {${msg.size}+}
C1: ${msg}
S1: c8 BAD [UIDREQUIRED] *
C1: c9 SEARCH SUBJECT {5}
S1: c9 BAD [UIDREQUIRED] *
# section 3.5
C1: d1 UID SEARCH 1:*
S1: d1 BAD [UIDREQUIRED] *
C1: d2 UID SEARCH RETURN (SAVE) OR (SEEN) NOT (2 SUBJECT x)
S1: d2 BAD [UIDREQUIRED] *
C1: d3 UID SORT (DATE) UTF-8 1
S1: d3 BAD [UIDREQUIRED] *
C1: d4 UID THREAD REFERENCES UTF-8 *
S1: d4 BAD [UIDREQUIRED] *
C1: d5 ESEARCH 1
S1: d5 BAD [UIDREQUIRED] *
C1: d6 SETMETADATA "" (/private/filters/values/first "1")
S1: d6 OK *
C1: d7 UID SEARCH FILTER first
S1: d7 BAD [UIDREQUIRED] *
C1: d8 UID SEARCH UID 1:*
S1: * SEARCH 3 4 5 6
S1: d8 OK *
C1: d9 UID SEARCH RETURN (SAVE COUNT) UID 4:*
S1: * ESEARCH (TAG "d9") UID COUNT 3
S1: d9 OK *
C1: d10 UID SEARCH $
S1: * SEARCH 4 5 6
S1: d10 OK *
C1: d11 UID SORT (ARRIVAL) UTF-8 ALL
S1: * SORT 3 4 5 6
S1: d11 OK *
C1: d12 UID THREAD ORDEREDSUBJECT UTF-8 UID 3
S1: * THREAD (3)
S1: d12 OK *
C1: d13 ESEARCH RETURN (MAX) ALL
S1: * ESEARCH (TAG "d13" MAILBOX INBOX UIDVALIDITY *) UID MAX 6
S1: d13 OK *
# section 3.3: the UID item where it was asked for only
C1: e1 UID FETCH 3:4 (FLAGS)
S1: * 3 UIDFETCH (FLAGS (*))
S1: * 4 UIDFETCH (FLAGS (*))
S1: e1 OK *
C1: e2 UID FETCH * (UID RFC822.SIZE)
S1: * 6 UIDFETCH (UID 6 RFC822.SIZE ${msg.size})
S1: e2 OK *
C1: e3 UID FETCH 5 (BODY[HEADER.FIELDS (SUBJECT)])
S1: * 5 UIDFETCH (BODY[HEADER.FIELDS (SUBJECT)] {22}
S1: Subject: Greetings
S1: 
S1: / FLAGS \(.*Seen.*\)\)/
S1: e3 OK *
C1: e4 UID STORE 4:5 +FLAGS (\\Flagged)
S1: * 4 UIDFETCH (FLAGS (\\Flagged*))
S1: * 5 UIDFETCH (FLAGS (\\Flagged \\Seen*))
S1: e4 OK *
C1: e5 UID FETCH 1:* (UID) (PARTIAL -1:-2)
S1: * 5 UIDFETCH (UID 5)
S1: * 6 UIDFETCH (UID 6)
S1: e5 OK *
# sections 3.4 and 3.6
C1: f1 UID STORE 3,5 +FLAGS.SILENT (\\Deleted)
S1: f1 OK *
C1: f2 UID EXPUNGE 3:4
S1: * VANISHED 3
S1: f2 OK *
C1: f3 EXPUNGE
S1: * VANISHED 5
S1: f3 OK *
C1: f4 UID COPY 4 INBOX
S1: * 3 EXISTS
S1: * * RECENT
S1: f4 OK [COPYUID * 4 7] *
C1: f5 UID MOVE 4 Trash
S1: * OK [COPYUID * 4 1] *
S1: * VANISHED 4
S1: f5 OK *
C1: f6 UID REPLACE 6 INBOX {${msg.size}+}
C1: ${msg}
S1: * OK [APPENDUID * 8] *
S1: * VANISHED 6
S1: * 2 EXISTS
S1: * * RECENT
S1: f6 OK *
# what others do
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s SELECT INBOX
S2*: * OK [UNSEEN 1] *
S2*: s OK *
C1: g IDLE
S1: + *
C2: s1 STORE 1 +FLAGS (\\Answered)
S2*: s1 OK *
S1: * 7 UIDFETCH (FLAGS (\\Answered*))
C2: s2 APPEND INBOX {${msg.size}+}
C2: ${msg}
S2*: s2 OK *
S1: * 3 EXISTS
S1: * * RECENT
C2: s3 UID STORE 7 +FLAGS.SILENT (\\Deleted)
S2*: s3 OK *
S1: * 7 UIDFETCH (FLAGS (\\Answered*\\Deleted*))
C2: s4 EXPUNGE
S2*: s4 OK *
S1: * VANISHED 7
C1: DONE
S1: g OK *
# section 3: no UNSEEN, which is the number of a message
C1: h EXAMINE INBOX
not: * OK [UNSEEN *
S1*: * 2 EXISTS
S1: * * RECENT
S1*: h OK *

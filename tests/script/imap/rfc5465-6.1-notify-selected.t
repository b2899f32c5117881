# the selected mailbox: at once, without expunges, or not at all
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
let msg <<END
Subject: Greetings

END
C2: s1 SELECT INBOX
S2*: s1 OK *
C1: a1 NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))
S1: a1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: u1 UID SEARCH RETURN (UPDATE (FLAGS)) UNSEEN
S1*: u1 OK *
C2: b1 APPEND INBOX {${msg.size}+}
C2~: ${msg}
C2~:  (\\Seen) {${msg.size}+}\r\n${msg}\r\n
S2*: b1 OK *
S1: * 2 EXISTS
S1: * * RECENT
S1: * ESEARCH (TAG "u1") UID ADDTO (0 1)
S1: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {22}
S1: Subject: Greetings
S1:
S1:  FLAGS (*))
S1: * 2 FETCH (UID 2 BODY[HEADER.FIELDS (SUBJECT)] {22}
S1: Subject: Greetings
S1:
S1: )
C2: b2 STORE 2 +FLAGS.SILENT \\Flagged
S2*: b2 OK *
S1: * 2 FETCH (UID 2 FLAGS (\\Flagged \\Seen*))
C2: b3 UID STORE 1 +FLAGS.SILENT \\Deleted
S2*: b3 OK *
S1: * 1 FETCH (UID 1 FLAGS (\\Deleted*))
C2: b4 EXPUNGE
S2*: b4 OK *
S1: * ESEARCH (TAG "u1") UID REMOVEFROM (0 1)
S1: * 1 EXPUNGE
# of what it appends itself only the number is told
C1: a2 APPEND INBOX (\\Seen) {${msg.size}+}
C1: ${msg}
S1: * 2 EXISTS
S1: * * RECENT
S1: a2 OK *
# expunges wait
C1: a3 NOTIFY SET (selected-delayed (MessageNew MessageExpunge))
S1: a3 OK *
C2: b5 UID STORE 2 +FLAGS.SILENT \\Deleted
S2*: b5 OK *
C2: b6 EXPUNGE
S2*: b6 OK *
C2: b7 APPEND INBOX {${msg.size}+}
C2~: ${msg}\r\n
S2*: b7 OK *
S1: * 3 EXISTS
S1: * * RECENT
S1: * 3 FETCH (FLAGS (*
S1: * ESEARCH (TAG "u1") UID ADDTO (0 4)
C1: a4 FETCH 2 UID
S1: * 2 FETCH (UID 3)
S1: a4 OK *
C1: i1 IDLE
S1: + *
S1: * 1 EXPUNGE
C1: DONE
S1: i1 OK *
# nothing, but what it expunges itself
C1: a5 NOTIFY SET (selected NONE)
S1: a5 OK *
C2: b8 APPEND INBOX {${msg.size}+}
C2~: ${msg}
C2~:  (\\Deleted) {${msg.size}+}\r\n${msg}\r\n
S2*: b8 OK *
C2: b9 UID STORE 3 +FLAGS.SILENT \\Deleted
S2*: b9 OK *
C1: a6 NOOP
S1: a6 OK *
C2: ba UID EXPUNGE 6
S2*: ba OK *
C1: a7 STORE 2 +FLAGS.SILENT \\Deleted
S1: a7 OK *
C1: i2 IDLE
S1: + *
C1: DONE
S1: i2 OK *
C1: a8 UID EXPUNGE 4
S1: * ESEARCH (TAG "u1") UID REMOVEFROM (0 4)
S1: * 2 EXPUNGE
S1: a8 OK *
C2: bb UID EXPUNGE 3
S2*: bb OK *
C1: a9 NOOP
S1: a9 OK *
# what had gathered is told when it is wanted again
C1: aa NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))
S1: * 2 EXISTS
S1: * * RECENT
S1: * 1 EXPUNGE
S1: * 1 FETCH (FLAGS (*
S1: * ESEARCH (TAG "u1") UID ADDTO (0 5)
S1: aa OK *
C1: ab UID SEARCH ALL
S1: * SEARCH 5
S1: ab OK *

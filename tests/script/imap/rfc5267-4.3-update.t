# results of searches that are kept up to date: flags, new messages, expunges, by this session and by another
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
From: Ann <ann@example.test>
Subject: Greetings

All is well.
END
C1: ap APPEND INBOX (\\Seen) {${msg.size}+}
C1~: ${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C2: s1 SELECT INBOX
S2*: s1 OK *
C1: u1 UID SEARCH RETURN (UPDATE COUNT) UNSEEN
S1: * ESEARCH (TAG "u1") UID COUNT 2
S1: u1 OK *
C1: u2 SEARCH RETURN (CONTEXT UPDATE ALL) OR 1 FLAGGED
S1: * ESEARCH (TAG "u2") ALL 1
S1: u2 OK *
C1: u1 SEARCH RETURN (UPDATE) ALL
S1: u1 BAD Tag reuse
# own changes are told too, silent or not
C1: a1 STORE 1,3 -FLAGS.SILENT (\\Seen)
S1: * ESEARCH (TAG "u1") UID ADDTO (0 1,3)
S1: a1 OK *
C1: a2 STORE 1 +FLAGS (\\Seen)
S1: * 1 FETCH (FLAGS (\\Seen*
S1: * ESEARCH (TAG "u1") UID REMOVEFROM (0 1)
S1: a2 OK *
C1: a3 STORE 4 +FLAGS (\\Answered)
S1: * 4 FETCH (FLAGS (\\Answered*
S1: a3 OK *
# another session's
C2: b1 STORE 2:4 +FLAGS.SILENT (\\Flagged)
S2*: b1 OK *
C1: a4 NOOP
S1: * 2 FETCH (FLAGS (\\Flagged*
S1: * 3 FETCH (FLAGS (\\Flagged*
S1: * 4 FETCH (FLAGS (\\Answered \\Flagged*
S1: * ESEARCH (TAG "u2") ADDTO (0 2:4)
S1: a4 OK *
# a text is \Seen by being fetched
C1: a5 FETCH 2 BODY[TEXT]
S1: * 2 FETCH (*
S1*: * ESEARCH (TAG "u1") UID REMOVEFROM (0 2)
S1: a5 OK *
# new ones
C2: b2 APPEND INBOX (\\Flagged) {${msg.size}+}
C2~: ${msg}
C2~:  (\\Seen) {${msg.size}+}\r\n${msg}\r\n
S2*: b2 OK *
C1: a6 NOOP
S1: * 6 EXISTS
S1: * * RECENT
S1{
* ESEARCH (TAG "u1") UID ADDTO (0 5)
* ESEARCH (TAG "u2") ADDTO (0 5)
}
S1: a6 OK *
# expunges are told in time
C2: b3 STORE 1,3,6 +FLAGS.SILENT (\\Deleted)
S2*: b3 OK *
C2: b4 EXPUNGE
S2*: b4 OK *
C1: a7 NOOP
S1*: * ESEARCH (TAG "u2") REMOVEFROM (0 1)
S1: * 1 EXPUNGE
S1{
* ESEARCH (TAG "u1") UID REMOVEFROM (0 3)
* ESEARCH (TAG "u2") REMOVEFROM (0 2)
}
S1: * 2 EXPUNGE
S1: * 4 EXPUNGE
S1: a7 OK *
# no more
C1: a8 CANCELUPDATE "u1" "none"
S1: a8 OK *
C1: a9 STORE 1:* -FLAGS.SILENT (\\Seen \\Flagged)
S1: * ESEARCH (TAG "u2") REMOVEFROM (0 1:3)
S1: a9 OK *
C1: aa CANCELUPDATE
S1: aa BAD *
C1: ab UNSELECT
S1: ab OK *
C1: ac SELECT INBOX
S1*: ac OK *
C1: ad STORE 1 +FLAGS.SILENT (\\Flagged)
S1: ad OK *
# in IDLE
C1: u3 UID SEARCH RETURN (UPDATE) FLAGGED UID 4:*
S1: * ESEARCH (TAG "u3") UID
S1: u3 OK *
C1: i1 IDLE
S1: + idling
C2: b5 STORE 3 +FLAGS.SILENT (\\Flagged)
S2*: b5 OK *
S1: * 3 FETCH (FLAGS (\\Flagged*
S1: * ESEARCH (TAG "u3") UID ADDTO (0 5)
C2: b6 APPEND INBOX (\\Flagged) {${msg.size}+}
C2~: ${msg}\r\n
S2*: b6 OK *
S1: * 4 EXISTS
S1: * * RECENT
S1: * ESEARCH (TAG "u3") UID ADDTO (0 7)
C1: DONE
S1: i1 OK *

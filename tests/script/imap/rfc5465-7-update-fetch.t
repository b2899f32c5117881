# what is to be told of messages that come into a result
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
From: Boss <boss@example.test>
Subject: Now

END
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: u1 SEARCH RETURN (COUNT UPDATE (UID BODY[HEADER.FIELDS (SUBJECT)])) FROM "boss" UNSEEN
S1: * ESEARCH (TAG "u1") COUNT 0
S1: u1 OK *
C1: u2 UID SEARCH RETURN (UPDATE(FLAGS UID)) UNSEEN
S1: * ESEARCH (TAG "u2") UID
S1: u2 OK *
C2: b1 APPEND INBOX (\\Seen) {${msg.size}+}
C2~: ${msg}
C2~:  {${msg.size}+}\r\n${msg}\r\n
S2*: b1 OK *
C1: a1 NOOP
S1: * 2 EXISTS
S1: * * RECENT
S1: * 2 FETCH (* BODY[HEADER.FIELDS (SUBJECT)] {16}
S1: Subject: Now
S1:
S1: *)
S1{
* ESEARCH (TAG "u1") ADDTO (0 2)
* ESEARCH (TAG "u2") UID ADDTO (0 2)
}
S1: a1 OK *
# not of those that come into it by their flags
C1: a2 STORE 1 -FLAGS.SILENT \\Seen
S1{
* ESEARCH (TAG "u1") ADDTO (0 1)
* ESEARCH (TAG "u2") UID ADDTO (0 1)
}
S1: a2 OK *
C1: a3 FETCH 2 FLAGS
S1: * 2 FETCH (FLAGS (\\Recent))
S1: a3 OK *
C1: a4 SEARCH RETURN (UPDATE (UID NONSENSE)) ALL
S1: a4 BAD *

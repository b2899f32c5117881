# SAVE and $: in all commands that take a set, in both forms
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
C1~:  {${msg.size}+}\r\n${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 SEARCH RETURN (SAVE) SEEN
S1: a1 OK *
C1: a2 FETCH $ (UID)
S1: * 2 FETCH (UID 2)
S1: * 4 FETCH (UID 4)
S1: * 5 FETCH (UID 5)
S1: a2 OK *
C1: a3 UID SEARCH UID $ 4:*
S1: * SEARCH 4 5
S1: a3 OK *
C1: a4 SEARCH RETURN (COUNT) OR $ 1
S1: * ESEARCH (TAG "a4") COUNT 4
S1: a4 OK *
C1: a5 STORE $ +FLAGS.SILENT (\\Deleted)
S1: a5 OK *
C1: a6 UID COPY $ Archive
S1: a6 OK [COPYUID * 2,4:5 1:3] *
C1: a7 UID EXPUNGE $
S1: * 2 EXPUNGE
S1: * 3 EXPUNGE
S1: * 3 EXPUNGE
S1: a7 OK *
C1: a8 FETCH $ (UID)
S1: a8 OK *
C1: a9 UID SEARCH RETURN (SAVE ALL) ALL
S1: * ESEARCH (TAG "a9") UID ALL 1,3,6
S1: a9 OK *
C1: b1 MOVE $ Archive
S1: * OK [COPYUID * 1,3,6 4:6] *
S1*: b1 OK *
C1: b2 UID FETCH $,1 (FLAGS)
S1: b2 BAD *

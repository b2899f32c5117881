# PARTIAL of UID FETCH
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
C1: a1 UID FETCH 1:5 (UID) (PARTIAL -1:-2)
S1: * 4 FETCH (UID 4)
S1: * 5 FETCH (UID 5)
S1: a1 OK *
C1: a2 UID FETCH 6,2:4 UID (PARTIAL 3:9)
S1: * 4 FETCH (UID 4)
S1: * 6 FETCH (UID 6)
S1: a2 OK *
C1: a3 UID FETCH 1:* (FLAGS) (PARTIAL 10:20)
S1: a3 OK *
C1: a4 FETCH 1:* (FLAGS) (PARTIAL 1:2)
S1: a4 BAD *
C1: a5 UID FETCH 1:* (FLAGS) (PARTIAL 1)
S1: a5 BAD *
C1: a6 UID FETCH 1:* (FLAGS) (BOGUS 1)
S1: a6 BAD *

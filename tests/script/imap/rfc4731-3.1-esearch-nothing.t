# without messages the response is there, with COUNT alone
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
C1: a1 SEARCH RETURN (MIN MAX ALL) FLAGGED
S1: * ESEARCH (TAG "a1")
S1: a1 OK *
C1: a2 SEARCH RETURN (MIN COUNT) FLAGGED
S1: * ESEARCH (TAG "a2") COUNT 0
S1: a2 OK *
C1: a3 UID SEARCH RETURN () FLAGGED
S1: * ESEARCH (TAG "a3") UID
S1: a3 OK *

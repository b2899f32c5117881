# what is saved beside PARTIAL
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
C1: a1 SEARCH RETURN (SAVE PARTIAL 1:2) SEEN
S1: * ESEARCH (TAG "a1") PARTIAL (1:2 2,4)
S1: a1 OK *
C1: b1 SEARCH $
S1: * SEARCH 2 4
S1: b1 OK *
C1: a2 SEARCH RETURN (SAVE PARTIAL 1:1 MAX) SEEN
S1: * ESEARCH (TAG "a2") MAX 5 PARTIAL (1:1 2)
S1: a2 OK *
C1: b2 SEARCH $
S1: * SEARCH 2 5
S1: b2 OK *
C1: a3 SEARCH RETURN (SAVE PARTIAL 1:1 COUNT) SEEN
S1: * ESEARCH (TAG "a3") COUNT 3 PARTIAL (1:1 2)
S1: a3 OK *
C1: b3 SEARCH $
S1: * SEARCH 2 4 5
S1: b3 OK *

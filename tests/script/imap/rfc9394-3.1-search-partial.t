# PARTIAL: the first and the last results, and none
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
C1: a1 UID SEARCH RETURN (PARTIAL 1:2) ALL
S1: * ESEARCH (TAG "a1") UID PARTIAL (1:2 1:2)
S1: a1 OK *
C1: a2 SEARCH RETURN (PARTIAL -1:-2) SEEN
S1: * ESEARCH (TAG "a2") PARTIAL (-1:-2 4:5)
S1: a2 OK *
C1: a3 SEARCH RETURN (PARTIAL -3:-2 MIN COUNT) SEEN
S1: * ESEARCH (TAG "a3") MIN 2 COUNT 3 PARTIAL (-3:-2 2,4)
S1: a3 OK *
C1: a4 SEARCH RETURN (PARTIAL 500:3) SEEN
S1: * ESEARCH (TAG "a4") PARTIAL (500:3 5)
S1: a4 OK *
C1: a5 SEARCH RETURN (PARTIAL 4:500) SEEN
S1: * ESEARCH (TAG "a5") PARTIAL (4:500 NIL)
S1: a5 OK *
C1: a6 SORT RETURN (PARTIAL 1:2) (REVERSE DATE REVERSE ARRIVAL) UTF-8 SEEN
S1: * ESEARCH (TAG "a6") PARTIAL (1:2 *)
S1: a6 OK *
C1: a7 SEARCH RETURN (PARTIAL 1:2 ALL) ALL
S1: a7 BAD *
C1: a8 SEARCH RETURN (PARTIAL 1:2 PARTIAL 2:3) ALL
S1: a8 BAD *
C1: a9 SEARCH RETURN (PARTIAL 1:*) ALL
S1: a9 BAD *
C1: b1 SEARCH RETURN (PARTIAL 1:-2) ALL
S1: b1 BAD *

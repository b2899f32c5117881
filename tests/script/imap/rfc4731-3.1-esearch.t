# ESEARCH: MIN, MAX, ALL, COUNT; messages 2, 4 and 5 of six are seen
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
C1: a1 SEARCH RETURN (MIN COUNT) SEEN
S1: * ESEARCH (TAG "a1") MIN 2 COUNT 3
S1: a1 OK *
C1: a2 SEARCH RETURN () SEEN
S1: * ESEARCH (TAG "a2") ALL 2,4:5
S1: a2 OK *
C1: a3 search return (max) unseen
S1: * ESEARCH (TAG "a3") MAX 6
S1: a3 OK *
C1: a4 SEARCH RETURN (ALL MAX MIN COUNT) 1:*
S1: * ESEARCH (TAG "a4") MIN 1 MAX 6 COUNT 6 ALL 1:6
S1: a4 OK *
C1: a5 SEARCH SEEN
S1: * SEARCH 2 4 5
S1: a5 OK *

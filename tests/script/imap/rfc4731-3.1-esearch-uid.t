# UID SEARCH answers with UIDs and says so; uids that have gaps are no range
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
C1: d1 STORE 3 +FLAGS.SILENT (\\Deleted)
S1: d1 OK *
C1: d2 EXPUNGE
S1*: d2 OK *
C1: a1 UID SEARCH RETURN (MIN MAX ALL) ALL
S1: * ESEARCH (TAG "a1") UID MIN 1 MAX 6 ALL 1:2,4:6
S1: a1 OK *
C1: a2 SEARCH RETURN (ALL) ALL
S1: * ESEARCH (TAG "a2") ALL 1:5
S1: a2 OK *

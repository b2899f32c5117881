# OLDER and YOUNGER count back from now
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
C1: ap2 APPEND INBOX " 1-Jan-2020 10:00:00 +0000" {${msg.size}+}
C1~: ${msg}\r\n
S1*: ap2 OK *
C1: a1 SEARCH YOUNGER 86400
S1: * SEARCH 1 2 3 4 5 6
S1: a1 OK *
C1: a2 SEARCH OLDER 86400
S1: * SEARCH 7
S1: a2 OK *
C1: a3 SEARCH UNSEEN YOUNGER 86400
S1: * SEARCH 1 3 6
S1: a3 OK *
C1: a4 SEARCH OR OLDER 4294967295 NOT YOUNGER 4294967295
S1: * SEARCH
S1: a4 OK *
C1: a5 SEARCH OLDER 0
S1: a5 BAD *
C1: a6 SEARCH YOUNGER
S1: a6 BAD *

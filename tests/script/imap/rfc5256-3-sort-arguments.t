# what SORT refuses
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let m1 <<END
From: Zoe <zoe@b.example>
To: team_a@x.test
Cc: kim@x.test
Subject: Banana
Date: Mon, 02 Feb 2026 10:00:00 +0100

Text.
END
C1: p1 APPEND INBOX " 1-Jan-2026 10:00:00 +0000" {${m1.size}+}
C1: ${m1}
S1*: p1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 SORT () UTF-8 ALL
S1: a1 BAD *
C1: a2 SORT (NAME) UTF-8 ALL
S1: a2 BAD *
C1: a3 SORT (REVERSE REVERSE DATE) UTF-8 ALL
S1: a3 BAD *
C1: a4 SORT (DATE) X-NONE ALL
S1: a4 NO [BADCHARSET (US-ASCII UTF-8)] *
C1: a5 SORT (DATE) UTF-8
S1: a5 BAD *
C1: a6 SORT DATE UTF-8 ALL
S1: a6 BAD *
C1: a7 UID SORT (DATE) UTF-8 ALL
S1: * SORT 1
S1: a7 OK *
C1: a8 UNSELECT
S1: a8 OK *
C1: a9 SORT (DATE) UTF-8 ALL
S1: a9 BAD *

# ESORT: MIN, MAX and ALL in the order asked for, and SAVE
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
let m2 <<END
From: "anna" <ANNA@a.example>
To: teama@x.test
Subject: Re: [list] apple
Date: Mon, 02 Feb 2026 09:30:00 +0000

Text.
END
C1: p2 APPEND INBOX " 3-Jan-2026 10:00:00 +0000" {${m2.size}+}
C1: ${m2}
S1*: p2 OK *
let m3 <<END
From: =?utf-8?q?=C3=84nne?= <mike@x.test>
To: undisclosed:;
Subject: Fwd: banana (fwd)

Text.
END
C1: p3 APPEND INBOX " 2-Jan-2026 10:00:00 +0000" {${m3.size}+}
C1: ${m3}
S1*: p3 OK *
let m4 <<END
From: bob@x.test
Cc: adam@x.test
Subject: =?utf-8?b?w6R0emVuZA==?=
Date: Mon, 02 Feb 2026 01:31:00 -0800
X-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

Text.
END
C1: p4 APPEND INBOX " 2-Jan-2026 10:00:00 +0000" {${m4.size}+}
C1: ${m4}
S1*: p4 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 SORT RETURN (MIN MAX COUNT) (SUBJECT) UTF-8 ALL
S1: * ESEARCH (TAG "a1") MIN 2 MAX 3 COUNT 4
S1: a1 OK *
C1: a2 UID SORT RETURN () (REVERSE ARRIVAL) UTF-8 ALL
S1: * ESEARCH (TAG "a2") UID ALL 2:4,1
S1: a2 OK *
C1: a3 SORT RETURN (ALL) (DATE) UTF-8 ALL
S1: * ESEARCH (TAG "a3") ALL 3,1:2,4
S1: a3 OK *
C1: a4 SORT RETURN (SAVE) (DATE) UTF-8 NOT 1
S1: a4 OK *
C1: a5 SEARCH $
S1: * SEARCH 2 3 4
S1: a5 OK *
C1: a6 SORT RETURN (SAVE MIN) (CC) UTF-8 3:4
S1: * ESEARCH (TAG "a6") MIN 3
S1: a6 OK *
C1: a7 SEARCH $
S1: * SEARCH 3
S1: a7 OK *
C1: a8 SORT RETURN (SAVE MAX MIN) (REVERSE CC) UTF-8 3:4
S1: * ESEARCH (TAG "a8") MIN 4 MAX 3
S1: a8 OK *
C1: a9 SEARCH $
S1: * SEARCH 3 4
S1: a9 OK *
C1: b1 SORT (SUBJECT) UTF-8 $
S1: * SORT 4 3
S1: b1 OK *
C1: b2 SORT RETURN (SAVE) (DATE) X-NONE ALL
S1: b2 NO [BADCHARSET *
C1: b3 SORT RETURN (SAVE (DATE) UTF-8 ALL
S1: b3 BAD *
C1: b4 SEARCH $
S1: * SEARCH
S1: b4 OK *

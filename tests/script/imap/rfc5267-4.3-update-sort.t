# a sorted result is kept up to date with places
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
let md <<END
Subject: d

END
let mb <<END
Subject: b

END
let mf <<END
Subject: f

END
let mc <<END
Subject: c

END
C1: ap APPEND INBOX {${md.size}+}
C1~: ${md}
C1~:  {${mb.size}+}\r\n${mb}
C1~:  {${mf.size}+}\r\n${mf}\r\n
S1*: ap OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C2: s1 SELECT INBOX
S2*: s1 OK *
C1: u1 UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNSEEN
S1: * ESEARCH (TAG "u1") UID ALL 2,1,3
S1: u1 OK *
C1: u2 SORT RETURN (UPDATE ALL) (REVERSE SUBJECT) UTF-8 UNDELETED
S1: * ESEARCH (TAG "u2") ALL 3,1:2
S1: u2 OK *
C2: b1 APPEND INBOX {${mc.size}+}
C2~: ${mc}
C2~:  (\\Seen) {${md.size}+}\r\n${md}
C2~:  {${mb.size}+}\r\n${mb}\r\n
S2*: b1 OK *
# 4 c, 5 d (seen), 6 b
C1: a1 NOOP
S1: * 6 EXISTS
S1: * * RECENT
S1{
* ESEARCH (TAG "u1") UID ADDTO (2 6,4)
* ESEARCH (TAG "u2") ADDTO (3 5,4 6 6)
}
S1: a1 OK *
# u1 is 2,6,4,1,3 now and u2 3,1,5,4,2,6
C1: a2 STORE 6,1 +FLAGS.SILENT \\Seen
S1: * ESEARCH (TAG "u1") UID REMOVEFROM (2 6 3 1)
S1: a2 OK *
C1: a3 STORE 5 -FLAGS.SILENT \\Seen
S1: * ESEARCH (TAG "u1") UID ADDTO (3 5)
S1: a3 OK *
# u1 is 2,4,5,3
C2: b2 STORE 1,4 +FLAGS.SILENT \\Deleted
S2*: b2 OK *
C1: a4 NOOP
S1: * 1 FETCH *
S1: * 4 FETCH *
S1: * ESEARCH (TAG "u2") REMOVEFROM (2 1 3 4)
S1: a4 OK *
C2: b3 EXPUNGE
S2*: b3 OK *
C1: a5 NOOP
S1: * 1 EXPUNGE
S1: * ESEARCH (TAG "u1") UID REMOVEFROM (2 4)
S1: * 3 EXPUNGE
S1: a5 OK *
# uids 2,3,5,6 are 1 to 4; u2 is 2,3,1,4
C1: a6 STORE 1 +FLAGS.SILENT \\Deleted
S1: * ESEARCH (TAG "u2") REMOVEFROM (3 1)
S1: a6 OK *
C1: a7 EXPUNGE
S1: * ESEARCH (TAG "u1") UID REMOVEFROM (1 2)
S1: * 1 EXPUNGE
S1: a7 OK *
C1: a8 UID SORT (SUBJECT) UTF-8 UNSEEN
S1: * SORT 5 3
S1: a8 OK *

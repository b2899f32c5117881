# EMAILID goes along with COPY and MOVE; THREADID is NIL
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
C1: p1 APPEND INBOX " 1-Jan-2020 10:00:00 +0000" {${msg.size}+}
C1: ${msg}
S1*: p1 OK *
C1: p2 APPEND INBOX " 1-Jan-2020 10:00:00 +0000" {${msg.size}+}
C1: ${msg}
S1*: p2 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 FETCH 1:2 (EMAILID THREADID)
S1: * 1 FETCH (EMAILID (${one=M[0-9a-f]{16}}) THREADID NIL)
S1: * 2 FETCH (EMAILID (${two=M[0-9a-f]{16}}) THREADID NIL)
S1: a1 OK *
C1: a2 COPY 2 Archive
S1: a2 OK *
C1: a3 MOVE 1 Archive
S1*: a3 OK *
C1: s2 SELECT Archive
S1*: s2 OK *
C1: a4 UID FETCH 1:2 (EMAILID)
S1: * 1 FETCH (UID 1 EMAILID (${two}))
S1: * 2 FETCH (UID 2 EMAILID (${one}))
S1: a4 OK *
C1: a5 SEARCH EMAILID ${one}
S1: * SEARCH 2
S1: a5 OK *
C1: a6 SEARCH OR EMAILID ${one} EMAILID ${two}
S1: * SEARCH 1 2
S1: a6 OK *
C1: a7 SEARCH EMAILID no-such_id
S1: * SEARCH
S1: a7 OK *
C1: a8 SEARCH NOT THREADID T0000000000000001
S1: * SEARCH 1 2
S1: a8 OK *
C1: a9 SEARCH EMAILID "x"
S1: a9 BAD *
C1: b1 FETCH 1 EMAILID
S1: * 1 FETCH (EMAILID (${two}))
S1: b1 OK *

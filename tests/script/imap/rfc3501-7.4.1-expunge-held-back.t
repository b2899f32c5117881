# no EXPUNGE while FETCH, STORE or SEARCH runs; changes come in order
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
To: bob@example.test
Cc: cc@example.test
Subject: Greetings from afar
Date: Mon, 02 Feb 2026 10:00:00 +0100
Message-ID: <one@example.test>

Dear Bob,
all is well.
END
C1: ap1 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap1 OK *
C1: ap2 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap2 OK *
C1: ap3 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap3 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C2: s1 SELECT INBOX
S2*: s1 OK *

C1: a STORE 2 +FLAGS.SILENT (\\Deleted)
S1: a OK *
C1: b EXPUNGE
S1: * 2 EXPUNGE
S1: b OK *
C2: c FETCH 1 UID
not: * 2 EXPUNGE
S2*: c OK *
C2: d SEARCH ALL
S2: * SEARCH 1 3
S2: d OK *
C2: e FETCH 3 UID
S2: * 3 FETCH (UID 3)
S2: e OK *
C2: f NOOP
S2: * 2 EXPUNGE
S2: f OK *
C2: g FETCH 2 UID
S2: * 2 FETCH (UID 3)
S2: g OK *

# COPY keeps flags; no target
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
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
C1: s1 SELECT INBOX
S1*: s1 OK *

C1: a STORE 1 +FLAGS.SILENT (\\Flagged)
S1: a OK *
C1: b COPY 1 Archive
S1: b OK [COPYUID *] *
C1: c COPY 1 nothing
S1: c NO [TRYCREATE] *
C1: d EXAMINE Archive
S1*: d OK *
C1: e FETCH 1 FLAGS
S1: * 1 FETCH (FLAGS (\\Flagged*))
S1: e OK *

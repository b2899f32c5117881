# IDLE pushes what another connection does
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
C1: s1 SELECT INBOX
S1*: s1 OK *
C2: s1 SELECT INBOX
S2*: s1 OK *

C1: a IDLE
S1: + *
C2: b APPEND INBOX {${msg.size}+}
C2: ${msg}
S1: * 1 EXISTS
S1: * * RECENT
S2*: b OK *
C2: c STORE 1 +FLAGS (\\Flagged)
S1: * 1 FETCH (FLAGS (*\\Flagged*))
S2*: c OK *
C2: d STORE 1 +FLAGS.SILENT (\\Deleted)
S2*: d OK *
C2: e EXPUNGE
S1*: * 1 EXPUNGE
S2*: e OK *
C1: DONE
S1: a OK *

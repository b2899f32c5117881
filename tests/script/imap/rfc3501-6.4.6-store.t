# STORE: set, add, remove, silent, keywords
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

C1: a STORE 1 FLAGS (\\Seen \\Answered)
S1: * 1 FETCH (FLAGS (\\Answered \\Seen \\Recent))
S1: a OK *
C1: b STORE 1 -FLAGS \\Answered
S1: * 1 FETCH (FLAGS (\\Seen \\Recent))
S1: b OK *
C1: c UID STORE 1 +FLAGS (work)
S1*: * 1 FETCH (UID 1 FLAGS (\\Seen \\Recent work))
S1*: c OK *
C1: d STORE 1 +FLAGS.SILENT (\\Draft)
S1: d OK *
C1: e STORE 1 +FLAGS (\\Recent)
S1: e BAD *
C1: f STORE 7 +FLAGS (\\Seen)
S1: f BAD *

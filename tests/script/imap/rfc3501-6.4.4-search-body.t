# SEARCH BODY "is well"
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
C1: ap2 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap2 OK *
C1: ap3 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap3 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: f1 STORE 1 +FLAGS.SILENT (work)
S1*: f1 OK *
C1: f2 STORE 2 +FLAGS.SILENT (\\Seen \\Answered \\Flagged)
S1*: f2 OK *
C1: f3 STORE 3 +FLAGS.SILENT (\\Deleted)
S1*: f3 OK *
C1: a SEARCH BODY "is well"
S1: * SEARCH 1 2 3
S1: a OK *

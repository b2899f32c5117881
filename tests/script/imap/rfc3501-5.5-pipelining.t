# commands in one packet run in order
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

C1+: a SELECT INBOX
C1+: b STORE 1 +FLAGS.SILENT (\\Deleted)
C1+: c EXPUNGE
C1: d STATUS INBOX (MESSAGES)
S1*: a OK *
S1: b OK *
S1: * 1 EXPUNGE
S1: c OK *
S1: * STATUS INBOX (MESSAGES 0)
S1: d OK *

# SELECT tells of the mailbox
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

C1: a SELECT inbox
S1: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
S1: * OK [PERMANENTFLAGS (*\\\*)] *
S1: * 1 EXISTS
S1: * 1 RECENT
S1: * OK [UNSEEN 1] *
S1: * OK [UIDVALIDITY ${v=[0-9]+}] *
S1: * OK [UIDNEXT 2] *
S1: * OK [MAILBOXID (F*)] *
S1: * OK [URLMECH INTERNAL] *
S1: * OK [HIGHESTMODSEQ ${h=[0-9]+}] *
S1: a OK [READ-WRITE] *
C1: b SELECT ${mailbox}
S1: * OK [CLOSED] *
S1: b NO [NONEXISTENT] *
C1: c CHECK
S1: c BAD *

# every STATUS item
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

C1: a STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
S1: * STATUS INBOX (MESSAGES 1 RECENT 1 UIDNEXT 2 UIDVALIDITY ${v=[0-9]+} UNSEEN 1)
S1: a OK *
C1: b STATUS INBOX (UNHEARD)
S1: b BAD *
C1: c STATUS nothing (MESSAGES)
S1: c NO [NONEXISTENT] *

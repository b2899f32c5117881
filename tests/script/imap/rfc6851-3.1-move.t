# MOVE: COPYUID first, then the expunges
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

C1: a MOVE 1:2 Archive
S1: * OK [COPYUID ${v=[0-9]+} 1:2 1:2] *
S1: * * EXPUNGE
S1: * * EXPUNGE
S1: a OK *
C1: b UID MOVE 3 Archive
S1: * OK [COPYUID ${w=[0-9]+} 3 3] *
S1: * 1 EXPUNGE
S1: b OK *
C1: c STATUS Archive (MESSAGES)
S1: * STATUS Archive (MESSAGES 3)
S1: c OK *

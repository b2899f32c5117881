# FETCH BODY.PEEK[2]
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
C1: a FETCH 1 BODY.PEEK[2]
S1: * 1 FETCH (BODY[2] NIL)
S1: a OK *

# UID FETCH answers the UID, also where it was not asked for, and passes over what is not there
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

C1: a UID FETCH 2 FLAGS
S1: * 2 FETCH (UID 2 FLAGS (\\Recent))
S1: a OK *
C1: b UID FETCH 7:9 FLAGS
S1: b OK *
C1: c UID FETCH 9:\* FLAGS
S1: * 3 FETCH (UID 3 *)
S1: c OK *
C1: d FETCH 4 FLAGS
S1: d BAD *

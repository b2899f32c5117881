# what THREAD refuses
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let m1 <<END
From: a@x.test
Subject: a
Date: Mon, 01 Feb 2026 10:00:00 +0000

Text.
END
C1: p1 APPEND INBOX {${m1.size}+}
C1: ${m1}
S1*: p1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 THREAD REFERENCE UTF-8 ALL
S1: a1 BAD *
C1: a2 THREAD REFERENCES X-NONE ALL
S1: a2 NO [BADCHARSET (US-ASCII UTF-8)] *
C1: a3 THREAD REFERENCES UTF-8
S1: a3 BAD *
C1: a4 THREAD UTF-8 ALL
S1: a4 BAD *
C1: a5 THREAD RETURN () REFERENCES UTF-8 ALL
S1: a5 BAD *

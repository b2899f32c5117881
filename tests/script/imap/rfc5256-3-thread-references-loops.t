# references in a circle, to oneself, and twice the same
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let m1 <<END
From: a@x.test
Subject: a
Date: Mon, 01 Feb 2026 10:00:00 +0000
Message-ID: <1@x>
References: <2@x>

Text.
END
C1: p1 APPEND INBOX {${m1.size}+}
C1: ${m1}
S1*: p1 OK *
let m2 <<END
From: a@x.test
Subject: b
Date: Mon, 02 Feb 2026 10:00:00 +0000
Message-ID: <2@x>
References: <1@x>

Text.
END
C1: p2 APPEND INBOX {${m2.size}+}
C1: ${m2}
S1*: p2 OK *
let m3 <<END
From: a@x.test
Subject: c
Date: Mon, 03 Feb 2026 10:00:00 +0000
Message-ID: <3@x>
References: <3@x>

Text.
END
C1: p3 APPEND INBOX {${m3.size}+}
C1: ${m3}
S1*: p3 OK *
let m4 <<END
From: a@x.test
Subject: d
Date: Mon, 04 Feb 2026 10:00:00 +0000
Message-ID: <4@x>
References: <3@x> <4@x> <3@x>

Text.
END
C1: p4 APPEND INBOX {${m4.size}+}
C1: ${m4}
S1*: p4 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 THREAD REFERENCES UTF-8 ALL
S1: * THREAD (2 1)(3 4)
S1: a1 OK *

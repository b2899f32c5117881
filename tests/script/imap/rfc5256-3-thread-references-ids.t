# message ids: quoting makes no difference, capitals do, the first of two has it
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let m1 <<END
From: a@x.test
Subject: a
Date: Mon, 01 Feb 2026 10:00:00 +0000
Message-ID: <"quo.ted"@x>

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
References: <quo.ted@x>

Text.
END
C1: p2 APPEND INBOX {${m2.size}+}
C1: ${m2}
S1*: p2 OK *
let m3 <<END
From: a@x.test
Subject: c
Date: Mon, 03 Feb 2026 10:00:00 +0000
Message-ID: <Case@x>

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
References: <case@x>

Text.
END
C1: p4 APPEND INBOX {${m4.size}+}
C1: ${m4}
S1*: p4 OK *
let m5 <<END
From: a@x.test
Subject: e
Date: Mon, 05 Feb 2026 10:00:00 +0000
Message-ID: <twice@x>

Text.
END
C1: p5 APPEND INBOX {${m5.size}+}
C1: ${m5}
S1*: p5 OK *
let m6 <<END
From: a@x.test
Subject: f
Date: Mon, 06 Feb 2026 10:00:00 +0000
Message-ID: <twice@x>

Text.
END
C1: p6 APPEND INBOX {${m6.size}+}
C1: ${m6}
S1*: p6 OK *
let m7 <<END
From: a@x.test
Subject: g
Date: Mon, 07 Feb 2026 10:00:00 +0000
Message-ID: <7@x>
References: <twice@x>

Text.
END
C1: p7 APPEND INBOX {${m7.size}+}
C1: ${m7}
S1*: p7 OK *
let m8 <<END
From: a@x.test
Subject: h
Date: Mon, 08 Feb 2026 10:00:00 +0000
References: <7@x>

Text.
END
C1: p8 APPEND INBOX {${m8.size}+}
C1: ${m8}
S1*: p8 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 THREAD REFERENCES UTF-8 ALL
S1: * THREAD (1 2)(3)(4)(5 7 8)(6)
S1: a1 OK *

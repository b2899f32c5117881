# THREAD REFERENCES: chains, splits, parents that are not there
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

Text.
END
C1: p1 APPEND INBOX {${m1.size}+}
C1: ${m1}
S1*: p1 OK *
let m2 <<END
From: a@x.test
Subject: Re: a
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
Subject: Re: a
Date: Mon, 04 Feb 2026 10:00:00 +0000
Message-ID: <3@x>
References: <1@x>

Text.
END
C1: p3 APPEND INBOX {${m3.size}+}
C1: ${m3}
S1*: p3 OK *
let m4 <<END
From: a@x.test
Subject: Re: a
Date: Mon, 03 Feb 2026 10:00:00 +0000
Message-ID: <4@x>
References: <1@x> <2@x>

Text.
END
C1: p4 APPEND INBOX {${m4.size}+}
C1: ${m4}
S1*: p4 OK *
let m5 <<END
From: a@x.test
Subject: p
Date: Mon, 05 Feb 2026 10:00:00 +0000
Message-ID: <5@x>
References: <gone@x>

Text.
END
C1: p5 APPEND INBOX {${m5.size}+}
C1: ${m5}
S1*: p5 OK *
let m6 <<END
From: a@x.test
Subject: q
Date: Mon, 06 Feb 2026 10:00:00 +0000
Message-ID: <6@x>
References: <gone@x>

Text.
END
C1: p6 APPEND INBOX {${m6.size}+}
C1: ${m6}
S1*: p6 OK *
let m7 <<END
From: a@x.test
Subject: r
Date: Mon, 07 Feb 2026 10:00:00 +0000
Message-ID: <7@x>
In-Reply-To: Your letter of today <1@x> was

Text.
END
C1: p7 APPEND INBOX {${m7.size}+}
C1: ${m7}
S1*: p7 OK *
let m8 <<END
From: a@x.test
Subject: alone
Date: Mon, 08 Feb 2026 10:00:00 +0000
Message-ID: <8@x>
References: <nobody@x>

Text.
END
C1: p8 APPEND INBOX {${m8.size}+}
C1: ${m8}
S1*: p8 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 THREAD REFERENCES UTF-8 ALL
S1: * THREAD (1 (2 4)(3)(7))((5)(6))(8)
S1: a1 OK *
C1: a2 THREAD REFERENCES UTF-8 2:4
S1: * THREAD ((2 4)(3))
S1: a2 OK *
C1: a3 UID THREAD REFERENCES UTF-8 1,4
S1: * THREAD (1 4)
S1: a3 OK *
C1: a4 THREAD REFERENCES UTF-8 KEYWORD none
S1: * THREAD
S1: a4 OK *

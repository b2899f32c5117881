# threads of one subject come together: replies below, equals beside each other
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let m1 <<END
From: a@x.test
Subject: Re: one
Date: Mon, 01 Feb 2026 10:00:00 +0000
Message-ID: <1@x>

Text.
END
C1: p1 APPEND INBOX {${m1.size}+}
C1: ${m1}
S1*: p1 OK *
let m2 <<END
From: a@x.test
Subject: one
Date: Mon, 02 Feb 2026 10:00:00 +0000
Message-ID: <2@x>

Text.
END
C1: p2 APPEND INBOX {${m2.size}+}
C1: ${m2}
S1*: p2 OK *
let m3 <<END
From: a@x.test
Subject: two
Date: Mon, 03 Feb 2026 10:00:00 +0000
Message-ID: <3@x>

Text.
END
C1: p3 APPEND INBOX {${m3.size}+}
C1: ${m3}
S1*: p3 OK *
let m4 <<END
From: a@x.test
Subject: two
Date: Mon, 04 Feb 2026 10:00:00 +0000
Message-ID: <4@x>

Text.
END
C1: p4 APPEND INBOX {${m4.size}+}
C1: ${m4}
S1*: p4 OK *
let m5 <<END
From: a@x.test
Subject: Re: three
Date: Mon, 05 Feb 2026 10:00:00 +0000
Message-ID: <5@x>

Text.
END
C1: p5 APPEND INBOX {${m5.size}+}
C1: ${m5}
S1*: p5 OK *
let m6 <<END
From: a@x.test
Subject: Re: three
Date: Mon, 06 Feb 2026 10:00:00 +0000
Message-ID: <6@x>

Text.
END
C1: p6 APPEND INBOX {${m6.size}+}
C1: ${m6}
S1*: p6 OK *
let m7 <<END
From: a@x.test
Subject: 
Date: Mon, 07 Feb 2026 10:00:00 +0000
Message-ID: <7@x>

Text.
END
C1: p7 APPEND INBOX {${m7.size}+}
C1: ${m7}
S1*: p7 OK *
let m8 <<END
From: a@x.test
Subject: 
Date: Mon, 08 Feb 2026 10:00:00 +0000
Message-ID: <8@x>

Text.
END
C1: p8 APPEND INBOX {${m8.size}+}
C1: ${m8}
S1*: p8 OK *
let m9 <<END
From: a@x.test
Subject: four
Date: Mon, 09 Feb 2026 10:00:00 +0000
Message-ID: <9@x>
References: <g@x>

Text.
END
C1: p9 APPEND INBOX {${m9.size}+}
C1: ${m9}
S1*: p9 OK *
let m10 <<END
From: a@x.test
Subject: x
Date: Mon, 10 Feb 2026 10:00:00 +0000
Message-ID: <a@x>
References: <g@x>

Text.
END
C1: p10 APPEND INBOX {${m10.size}+}
C1: ${m10}
S1*: p10 OK *
let m11 <<END
From: a@x.test
Subject: Re: four
Date: Mon, 11 Feb 2026 10:00:00 +0000
Message-ID: <b@x>

Text.
END
C1: p11 APPEND INBOX {${m11.size}+}
C1: ${m11}
S1*: p11 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 THREAD REFERENCES UTF-8 ALL
S1: * THREAD (2 1)((3)(4))((5)(6))(7)(8)((9)(10)(11))
S1: a1 OK *

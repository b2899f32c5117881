# THREAD ORDEREDSUBJECT: threads of one subject, by date
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let m1 <<END
From: a@x.test
Subject: Two
Date: Mon, 05 Feb 2026 10:00:00 +0000

Text.
END
C1: p1 APPEND INBOX {${m1.size}+}
C1: ${m1}
S1*: p1 OK *
let m2 <<END
From: a@x.test
Subject: One
Date: Mon, 03 Feb 2026 10:00:00 +0000

Text.
END
C1: p2 APPEND INBOX {${m2.size}+}
C1: ${m2}
S1*: p2 OK *
let m3 <<END
From: a@x.test
Subject: Re: two
Date: Mon, 04 Feb 2026 10:00:00 +0000

Text.
END
C1: p3 APPEND INBOX {${m3.size}+}
C1: ${m3}
S1*: p3 OK *
let m4 <<END
From: a@x.test
Subject: [x] ONE
Date: Mon, 09 Feb 2026 10:00:00 +0000

Text.
END
C1: p4 APPEND INBOX {${m4.size}+}
C1: ${m4}
S1*: p4 OK *
let m5 <<END
From: a@x.test
Subject: two (fwd)
Date: Mon, 01 Feb 2026 10:00:00 +0000

Text.
END
C1: p5 APPEND INBOX {${m5.size}+}
C1: ${m5}
S1*: p5 OK *
let m6 <<END
From: a@x.test
Subject: 
Date: Mon, 02 Feb 2026 10:00:00 +0000

Text.
END
C1: p6 APPEND INBOX {${m6.size}+}
C1: ${m6}
S1*: p6 OK *
let m7 <<END
From: a@x.test
Subject: Re:
Date: Mon, 07 Feb 2026 10:00:00 +0000

Text.
END
C1: p7 APPEND INBOX {${m7.size}+}
C1: ${m7}
S1*: p7 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 THREAD ORDEREDSUBJECT UTF-8 ALL
S1: * THREAD (5 (3)(1))(6 7)(2 4)
S1: a1 OK *
C1: a2 THREAD ORDEREDSUBJECT US-ASCII 1:2
S1: * THREAD (2)(1)
S1: a2 OK *
C1: a3 THREAD ORDEREDSUBJECT UTF-8 SUBJECT gewp
S1: * THREAD
S1: a3 OK *
C1: a4 UID THREAD ORDEREDSUBJECT UTF-8 3,1
S1: * THREAD (3 1)
S1: a4 OK *

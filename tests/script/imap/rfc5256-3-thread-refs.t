# REFS (draft-ietf-morg-inthread-01 section 4): by message ids alone, the thread to which something came last at the end
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * THREAD=REFS *
let m1 <<END
Subject: one
Date: Mon, 02 Feb 2026 10:00:00 +0000
Message-ID: <1@x>

END
let m2 <<END
Subject: one
Date: Mon, 02 Feb 2026 09:00:00 +0000
Message-ID: <2@x>

END
let m3 <<END
Subject: Re: one
Date: Mon, 02 Feb 2026 12:00:00 +0000
Message-ID: <3@x>
References: <1@x>

END
let m4 <<END
Subject: Re: one
Date: Mon, 02 Feb 2026 11:00:00 +0000
Message-ID: <4@x>
In-Reply-To: <1@x>

END
C1: a APPEND INBOX "01-Mar-2026 10:00:00 +0000" {${m1.size}+}
C1~: ${m1}
C1~:  "02-Mar-2026 10:00:00 +0000" {${m2.size}+}\r\n${m2}
C1~:  "03-Mar-2026 10:00:00 +0000" {${m3.size}+}\r\n${m3}
C1~:  "01-Mar-2026 11:00:00 +0000" {${m4.size}+}\r\n${m4}\r\n
S1*: a OK *
C1: b SELECT INBOX
S1*: b OK *
C1: c1 THREAD REFS UTF-8 ALL
S1: * THREAD (2)(1 (4)(3))
S1: c1 OK *
C1: c2 UID THREAD refs UTF-8 NOT UID 3
S1: * THREAD (1 4)(2)
S1: c2 OK *
C1: c3 THREAD REFS UTF-8 2:4
S1: * THREAD (2)((4)(3))
S1: c3 OK *
C1: c4 THREAD REFS UTF-8 SUBJECT nothing
S1: * THREAD
S1: c4 OK *
C1: c5 THREAD REFERENCES UTF-8 ALL
S1: * THREAD ((2)(1 (4)(3)))
S1: c5 OK *

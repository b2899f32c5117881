# CATENATE: a message of texts and parts of others, in any form of URL; URLs that lead nowhere
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *CATENATE*
let mixed <<END
From: Ann <ann@example.test>
Subject: two parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

First part
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

QUJD
--b--
END
C1: a1 CREATE "of &- mine"
S1: a1 OK *
C1: a2 APPEND "of &- mine" {${mixed.size}+}
C1: ${mixed}
S1: a2 OK [APPENDUID ${validity=\d+} 1] *

# as in the RFC's first example
C1: b1 APPEND INBOX (\\Seen $MDNSent) CATENATE (URL "/of%20%26%20mine;UIDVALIDITY=${validity}/;UID=1/;section=HEADER" TEXT {12}
S1: + *
C1: --b\r\n\r\nNew\r\n URL "/of%20%26%20mine/;uid=1/;section=2" TEXT {9+}
C1: \r\n--b--\r\n)
S1: b1 OK [APPENDUID * 1] *
C1: b2 SELECT INBOX
S1*: * 1 EXISTS
S1*: b2 OK *
let joined <<END
From: Ann <ann@example.test>
Subject: two parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b

New
QUJD
--b--
END
C1: b3 FETCH 1 (FLAGS BODY.PEEK[] BODYSTRUCTURE)
S1: * 1 FETCH (FLAGS (*\\Seen*$MDNSent*) BODY[] {${joined.size}}
read1 got ${joined.size}
equal ${got} ${joined}
S1*: /.*BODYSTRUCTURE .."text" "plain" .*"mixed".*/
S1: b3 OK *

# parts of bytes, the whole, fields of the header; of the selected mailbox too
C1: c1 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT)" URL "/of%20%26%20mine/;UID=1/;SECTION=1/;PARTIAL=2.4" URL /inbox/;UID=1/;PARTIAL=${joined.size})
S1: * 2 EXISTS
S1*: c1 OK *
C1: c2 FETCH 2 BODY.PEEK[]
let want = Subject: two parts\r\n\r\nrst${' '*1}
S1: * 2 FETCH (BODY[] {${want.size}}
read1 got ${want.size}
equal ${got} ${want}
S1*: c2 OK *

# several messages, one of them the old way
C1: d1 APPEND INBOX CATENATE (TEXT {6+}
C1: a: b\r\n) CATENATE (TEXT {6+}
C1: c: d\r\n TEXT {2+}
C1: \r\n) {6+}
C1: e: f\r\n
S1: * 5 EXISTS
S1*: d1 OK [APPENDUID * 3:5] *
C1: d2 UID FETCH 4 BODY.PEEK[]
S1: * 4 FETCH (UID 4 BODY[] {8}
S1*: d2 OK *

# what leads nowhere: told at the place where it stands, and nothing is appended
C1: e1 APPEND INBOX CATENATE (TEXT {6+}
C1: a: b\r\n URL "/INBOX/;UID=77" TEXT {6+}
C1: c: d\r\n)
S1: e1 NO [BADURL /INBOX/;UID=77] *
C1: e2 APPEND INBOX CATENATE (URL "/INBOX;UIDVALIDITY=1/;UID=1" TEXT {6}
S1: e2 NO [BADURL /INBOX;UIDVALIDITY=1/;UID=1] *
C1: e3 APPEND INBOX CATENATE (URL "/none/;UID=1")
S1: e3 NO [BADURL /none/;UID=1] *
C1: e4 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=7")
S1: e4 NO [BADURL /INBOX/;UID=1/;SECTION=7] *
C1: e5 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=NONE]")
S1: e5 NO [BADURL /INBOX/;UID=1/;SECTION=NONE%5D] *
C1: e6 APPEND INBOX CATENATE (URL "imap://${host}/INBOX/;UID=1")
S1: e6 NO [BADURL imap://${host}/INBOX/;UID=1] *
C1: e7 APPEND INBOX CATENATE (URL "http://${host}/")
S1: e7 NO [BADURL http://${host}/] *
C1: e8 APPEND INBOX CATENATE (URL ";UID=1")
S1: e8 NO [BADURL ;UID=1] *
C1: e9 APPEND INBOX CATENATE ()
S1: e9 BAD *
C1: e10 APPEND INBOX CATENATE (TEXT {0+}
C1: )
S1: e10 NO *
C1: e11 APPEND none CATENATE (TEXT {6}
S1: e11 NO [TRYCREATE] *
C1: e12 APPEND INBOX CATENATE (TEXT {4000000000}
S1: e12 NO [TOOBIG] *
C1: e13 APPEND INBOX CATENATE (FILE "/etc/passwd")
S1: e13 BAD *
C1: e14 APPEND INBOX CATENATE (TEXT {6+}
C1: a: b\r\n
S1: e14 BAD *
C1: e15 NOOP
S1: e15 OK *

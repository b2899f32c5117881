# a multipart without parts has one of no bytes, in BODYSTRUCTURE and in BODY[1] alike
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
Content-Type: multipart/mixed; boundary=b
Subject: none

nothing here
END
C1: a APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: a OK *
C1: b SELECT INBOX
S1*: b OK *
C1: c FETCH 1 BODY
S1: * 1 FETCH (BODY (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed"))
S1: c OK *
C1: d FETCH 1 (BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[1.1] BODY.PEEK[2])
S1: * 1 FETCH (BODY[1] {0}
S1:  BODY[1.MIME] NIL BODY[1.1] NIL BODY[2] NIL)
S1: d OK *

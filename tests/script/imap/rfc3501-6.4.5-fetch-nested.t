# parts of a message within a message
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: o@example.test
Subject: outer
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b

text
--b
Content-Type: message/rfc822

From: i@example.test
Subject: inner
Content-Type: text/html

<p>
--b--
END
C1: ap1 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *

C1: a FETCH 1 BODYSTRUCTURE
S1: * 1 FETCH (BODYSTRUCTURE (("text" "plain" *)("message" "rfc822" NIL NIL NIL "7bit" * (NIL "inner" *) ("text" "html" *) *) "mixed" ("boundary" "b") NIL NIL NIL))
S1: a OK *
C1: b FETCH 1 BODY.PEEK[2.HEADER]
S1: * 1 FETCH (BODY[2.HEADER] {65}
S1: From: i@example.test
S1: Subject: inner
S1: Content-Type: text/html
S1: 
S1: )
S1: b OK *
C1: c FETCH 1 BODY.PEEK[2.MIME]
S1: * 1 FETCH (BODY[2.MIME] {32}
S1: Content-Type: message/rfc822
S1: 
S1: )
S1: c OK *
C1: d FETCH 1 (BODY.PEEK[2.TEXT] BODY.PEEK[2.1])
S1: * 1 FETCH (BODY[2.TEXT] {3}
S1: <p> BODY[2.1] {3}
S1: <p>)
S1: d OK *

# message/global is an embedded letter to IMAP4rev2, and a part like others to IMAP4rev1
account carol
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${carol.password}
S1*: a OK *
let letter <<END
From: a@example.test
Subject: outer
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

x
--b
Content-Type: Message/Global
Content-Transfer-Encoding: 8bit

From: =?utf-8?q?J=C3=BCrgen?= <j@example.test>
Subject: inner
Content-Type: text/html

<p>inside</p>
--b--
END
C1: b APPEND INBOX {${letter.size}+}
C1~: ${letter}
C1: 
S1*: b OK *
C1: c SELECT INBOX
S1*: c OK *
C1: d FETCH 1 (BODYSTRUCTURE)
S1: * 1 FETCH (BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 1 1 NIL NIL NIL NIL)("Message" "Global" NIL NIL NIL "8bit" 104 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL))
S1: d OK *
C1: e FETCH 1 BODY.PEEK[2.1]
S1: * 1 FETCH (BODY[2.1] NIL)
S1: e OK *
C1: f ENABLE IMAP4rev2
S1*: f OK *
C1: g FETCH 1 (BODYSTRUCTURE)
S1: * 1 FETCH (BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 1 1 NIL NIL NIL NIL)("Message" "Global" NIL NIL NIL "8bit" 104 (NIL "inner" (("=?utf-8?q?J=C3=BCrgen?=" NIL "j" "example.test")) * NIL NIL NIL NIL NIL) ("text" "html" NIL NIL NIL "7bit" 13 1 NIL NIL NIL NIL) 5 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL))
S1: g OK *
C1: h FETCH 1 (BODY BODY.PEEK[2.1] BODY.PEEK[2.HEADER.FIELDS (SUBJECT)] BODY.PEEK[2.TEXT])
S1: * 1 FETCH (BODY (("text" "plain" NIL NIL NIL "7bit" 1 1)("Message" "Global" NIL NIL NIL "8bit" 104 (NIL "inner" * ("text" "html" NIL NIL NIL "7bit" 13 1) 5) "mixed") BODY[2.1] {13}
S1: <p>inside</p> BODY[2.HEADER.FIELDS (SUBJECT)] {18}
S1: Subject: inner
S1: 
S1:  BODY[2.TEXT] {13}
S1: <p>inside</p>)
S1: h OK *

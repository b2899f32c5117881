# the header of an embedded message that a boundary cuts off is not longer than the part
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
Content-Type: multipart/digest; boundary=b

--b

Subject: in
--b--
END
C1: a APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: a OK *
C1: b SELECT INBOX
S1*: b OK *
C1: c FETCH 1 (BODY.PEEK[1] BODY.PEEK[1.HEADER] BODY.PEEK[1.TEXT])
S1: * 1 FETCH (BODY[1] {11}
S1: Subject: in BODY[1.HEADER] {11}
S1: Subject: in BODY[1.TEXT] {0}
S1: )
S1: c OK *

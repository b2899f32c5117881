# a transfer encoding that nobody knows
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: Parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe=21
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAECA0FCQ0Q=
--b
Content-Type: text/plain
Content-Transfer-Encoding: x-strange

what?
--b
Content-Type: message/rfc822

Subject: inner
Content-Transfer-Encoding: base64

aGVsbG8=
--b--
END
C1: p1 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: p1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 FETCH 1 BINARY.PEEK[3]
S1: * 1 FETCH (BINARY[3] NIL)
S1: a1 NO [UNKNOWN-CTE] *
C1: a2 FETCH 1 BINARY.SIZE[3]
S1: * 1 FETCH (BINARY.SIZE[3] 0)
S1: a2 NO [UNKNOWN-CTE] *
C1: a3 FETCH 1 (BODY.PEEK[3])
S1: * 1 FETCH (BODY[3] {5}
S1: what?)
S1: a3 OK *
C1: a4 FETCH 1 BINARY[HEADER]
S1: a4 BAD *
C1: a5 FETCH 1 BINARY[1.MIME]
S1: a5 BAD *
C1: a6 FETCH 1 BINARY.SIZE[1]<1.2>
S1: a6 BAD *
C1: a7 FETCH 1 BINARY
S1: a7 BAD *

# BINARY: parts decoded, as literal8 where a NUL is in them
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
C1: a1 FETCH 1 BINARY.PEEK[1]
S1: * 1 FETCH (BINARY[1] {8}
read1 one 8
S1: )
S1: a1 OK *
let want1 = Gr\xc3\xbc\xc3\x9fe!
equal ${one} ${want1}
C1: a2 FETCH 1 (BINARY.SIZE[2] BINARY.SIZE[1] BINARY.SIZE[4.1] FLAGS)
S1: * 1 FETCH (BINARY.SIZE[2] 8 BINARY.SIZE[1] 8 BINARY.SIZE[4.1] 5 FLAGS (\\Recent))
S1: a2 OK *
C1: a3 FETCH 1 BINARY[2]
S1: * 1 FETCH (BINARY[2] ~{8}
read1 two 8
S1:  FLAGS (*\\Seen*))
S1: a3 OK *
let want2 = \0\x01\x02\x03ABCD
equal ${two} ${want2}
C1: a4 FETCH 1 BINARY.PEEK[2]<4.3>
S1: * 1 FETCH (BINARY[2]<4> {3}
S1: ABC)
S1: a4 OK *
C1: a5 FETCH 1 BINARY.PEEK[2]<2.100>
S1: * 1 FETCH (BINARY[2]<2> {6}
read1 part 6
S1: )
S1: a5 OK *
C1: a6 FETCH 1 BINARY.PEEK[2]<100.5>
S1: * 1 FETCH (BINARY[2]<100> {0}
S1: )
S1: a6 OK *
C1: a7 FETCH 1 (BINARY.PEEK[4.1] BINARY.PEEK[9] BINARY.SIZE[9])
S1: * 1 FETCH (BINARY[4.1] {5}
S1: hello BINARY[9] NIL BINARY.SIZE[9] 0)
S1: a7 OK *
C1: a8 FETCH 1 BINARY.PEEK[]
S1: * 1 FETCH (BINARY[] {${msg.size}}
read1 all ${msg.size}
S1: )
S1: a8 OK *
equal ${all} ${msg}

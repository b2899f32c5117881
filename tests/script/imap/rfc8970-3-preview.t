# PREVIEW: the first words of a letter's text; NIL only with LAZY
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * PREVIEW *
let plain <<END
Subject: Re: tomorrow

On Monday Ann <ann@example.test> wrote:
> Shall we meet?

Yes, at noon.
-- 
Bob
END
let html <<END
Subject: News
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<html><head><title>No</title><style>p {}</style></head><body><p>Gr=FC&szlig;e</p><p>=
from <b>far</b></p></body></html>
END
let picture <<END
Subject: Picture
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
END
let large <<END
Subject: Large

The first line.
${'some more of the text\r\n'*13000}
END
C1: p1 APPEND INBOX {${plain.size}+}
C1~: ${plain}
C1~:  {${html.size}+}\r\n${html}
C1~:  {${picture.size}+}\r\n${picture}
C1~:  {${large.size}+}\r\n${large}\r\n
S1*: p1 OK *
C1: a1 SELECT INBOX
S1*: a1 OK *
C1: a2 FETCH 1:3 (PREVIEW)
S1: * 1 FETCH (PREVIEW "Yes, at noon.")
S1: * 2 FETCH (PREVIEW {16}
S1: Gr\xc3\xbc\xc3\x9fe from far)
S1: * 3 FETCH (PREVIEW "")
S1: a2 OK *
C1: a3 FETCH 1 (RFC822.SIZE PREVIEW (LAZY))
S1: * 1 FETCH (RFC822.SIZE ${plain.size} PREVIEW "Yes, at noon.")
S1: a3 OK *
C1: a4 FETCH 4 PREVIEW (LAZY)
S1: * 4 FETCH (PREVIEW NIL)
S1: a4 OK *
C1: a5 FETCH 4 PREVIEW
S1: * 4 FETCH (PREVIEW "The first line. some more of the text some more *")
S1: a5 OK *
C1: a6 FETCH 1 FLAGS
S1: * 1 FETCH (FLAGS (*))
not: *Seen*
S1: a6 OK *
C1: a7 FETCH 1 PREVIEW (SOON)
S1: a7 BAD *

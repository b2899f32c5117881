# A header that is UTF-8 goes as it is in UTF-8 mode, and in ASCII otherwise (RFC 6856 2.1); names and passwords are UTF-8 (2.2).
account carol
connect1 submission tls
S1: 220 *
C1: EHLO c.example
S1*: 250 *
C1: AUTH PLAIN ${carol.plain}
S1: 235 *
C1: MAIL FROM:<${carol}> SMTPUTF8
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
From: Jürgen <${carol}>
To: <grüße@example.test>, "Ünal, Ö." <x@example.test>
Subject: Grüße und Küsse
X-Plain: plain
Content-Type: text/plain; charset=utf-8; name="Maß.txt"

Schöne Grüße
.
END
S1: 250 *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK 1 *
C2: RETR 1
S2: +OK *
not: Subject: Gr*
S2*: From: =?UTF-8?B?SsO8cmdlbg==?= <${carol}>
S2: To: <invalid@internationalized-address.invalid>, =?UTF-8?B?w5xuYWwsIMOWLg==?= <x@example.test>
S2: Subject: =?UTF-8?B?R3LDvMOfZQ==?= und =?UTF-8?B?S8O8c3Nl?=
S2: X-Plain: plain
S2: Content-Type: text/plain; charset=utf-8
S2*: Schöne Grüße
S2: .
C2: TOP 1 0
S2: +OK *
S2*: Subject: =?UTF-8?B?R3LDvMOfZQ==?= *
S2*: .
C2: UTF8 on
S2: -ERR *
C2: QUIT
S2: +OK *
connect3 pop3
S3: +OK *
C3: STLS
S3: +OK *
starttls3
C3: UTF8
S3: +OK *
C3: STLS
S3: -ERR *
C3: USER ${carol}
S3: +OK*
C3: PASS ${carol.password}
S3: +OK 1 *
C3: RETR 1
S3: +OK *
S3*: Subject: Grüße und Küsse
S3*: Content-Type: text/plain; charset=utf-8; name="Maß.txt"
S3*: .
C3: QUIT
S3: +OK *
connect4 pop3 tls
S4: +OK *
C4: USER \xff\xfe
S4: -ERR [AUTH] *
C4: USER jörg@example.test
S4: +OK*
C4: PASS nicht\xc3das
S4: -ERR [AUTH] *

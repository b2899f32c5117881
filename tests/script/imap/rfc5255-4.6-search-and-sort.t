# texts are compared by i;unicode-casemap; what could not be read comes behind all others
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ENABLE IMAP4rev2
S1*: a OK *
let one <<END
Subject: =?utf-8?Q?=C7=84emal?=

END
let two <<END
Subject: =?utf-8?Q?=EF=BF=BD?=

END
let three <<END
Subject: =?koi8-r?Q?=F1=C2=CC=CF=CB=CF?=

\xd0\xbc\xd0\xb8\xd1\x80
END
let four <<END
Subject: =?utf-8?Q?=E4=B8=AD?=

END
C1: b1 APPEND INBOX {${one.size}+}\r\n${one}
S1*: b1 OK *
C1: b2 APPEND INBOX {${two.size}+}\r\n${two}
S1*: b2 OK *
C1: b3 APPEND INBOX {${three.size}+}\r\n${three}
S1*: b3 OK *
C1: b4 APPEND INBOX {${four.size}+}\r\n${four}
S1*: b4 OK *
C1: c SELECT INBOX
S1*: c OK *
C1: d SEARCH SUBJECT "\xc7\x86EM"
S1: * ESEARCH (TAG "d") ALL 1
S1: d OK *
C1: e SEARCH SUBJECT "\xd1\x8f\xd0\xb1\xd0\xbb"
S1: * ESEARCH (TAG "e") ALL 3
S1: e OK *
C1: f SEARCH BODY "\xd0\x9c\xd0\x98"
S1: * ESEARCH (TAG "f") ALL 3
S1: f OK *
C1: g SORT (SUBJECT) UTF-8 ALL
S1: * SORT 1 3 4 2
S1: g OK *

# the header of a longer letter, which is read alone, and then the rest of it in the same FETCH
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let head <<END
Subject: Greetings from afar
Message-ID: <one@example.test>

END
let text <<END
${'all is well. '*70}
${'and still is. '*70}
${'and will be. '*70}
${'the moon is made of cheese. '*34}
END
let msg = ${head}${text}
C1: ap1 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[HEADER])
S1: * 1 FETCH (BODY[HEADER] {${head.size}}
read1 got ${head.size}
equal ${got} ${head}
S1: / BODY\[TEXT\] \{${text.size}\}/
read1 got ${text.size}
equal ${got} ${text}
S1: / BODY\[HEADER\] \{${head.size}\}/
read1 got ${head.size}
equal ${got} ${head}
S1: )
S1: a OK *
C1: b FETCH 1 BODY.PEEK[HEADER]
S1: * 1 FETCH (BODY[HEADER] {${head.size}}
read1 got ${head.size}
equal ${got} ${head}
S1: )
S1: b OK *
C1: c FETCH 1 BODY.PEEK[]<0.7>
S1: * 1 FETCH (BODY[]<0> {7}
S1: Subject)
S1: c OK *

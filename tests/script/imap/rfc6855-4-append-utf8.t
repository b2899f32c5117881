# headers in UTF-8, in UTF8 (~{...}) or as any other literal; from those that have not enabled it, too (imap_append_8bit)
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let letter <<END
Subject: gr\xc3\xbcn
From: <j\xc3\xb6rg@example.test>

text
END
let text <<END
Subject: green

gr\xc3\xbcn
END
C1: a APPEND INBOX {${letter.size}+}\r\n${letter}
S1: a OK [APPENDUID * 1] *
C1: b APPEND INBOX UTF8 (~{${letter.size}+}\r\n${letter})
S1: b OK [APPENDUID * 2] *
C1: c APPEND INBOX {${text.size}+}\r\n${text}
S1: c OK [APPENDUID *
C1: d APPEND INBOX UTF8 (~{${text.size}+}\r\n${text})
S1: d OK [APPENDUID *
C1: e ENABLE UTF8=ACCEPT
S1*: e OK *
C1: f APPEND INBOX (\\Seen) UTF8 (~{${letter.size}}
S1: + *
C1: ${letter})
S1: f OK [APPENDUID * 5] *
C1: g APPEND INBOX " 1-Jan-2026 10:00:00 +0000" UTF8 (~{${letter.size}+}\r\n${letter}) {${letter.size}+}\r\n${letter}
S1: g OK [APPENDUID * 6:7] *
C1: h APPEND INBOX UTF8 (~{${letter.size}+}\r\n${letter}
S1: h BAD *
C1: i APPEND INBOX UTF8 {${letter.size}+}\r\n${letter}
S1: i BAD *
C1: j SELECT INBOX
S1*: * 7 EXISTS
S1*: j OK *
C1: k SEARCH SUBJECT "gr\xc3\x9c" FROM "J\xc3\x96RG"
S1: * SEARCH 1 2 5 6 7
S1: k OK *
C1: l FETCH 5 BODY.PEEK[]
S1: * 5 FETCH (BODY[] {${letter.size}}
read1 got ${letter.size}
equal ${got} ${letter}
S1: )
S1: l OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${carol} ${carol.password}
S2*: l2 OK *
C2: a ENABLE IMAP4rev2
S2*: a OK *
C2: b APPEND INBOX {${letter.size}+}\r\n${letter}
S2: b OK [APPENDUID * 8] *

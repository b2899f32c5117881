# CATENATE of large parts, far more than is kept in memory; and REPLACE (RFC 8508) with parts of what goes
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let head = Subject: large\r\n\r\n
let text = ${'0123456789 abcdefghijklmnopqrstuvwxyz 0123456789\r\n'*10000}
C1: a1 APPEND INBOX {${text.size}+}
C1: ${text}
S1*: a1 OK *
C1: a2 SELECT INBOX
S1*: a2 OK *
C1: a3 APPEND INBOX CATENATE (TEXT {${head.size}+}
C1: ${head} URL "/INBOX/;UID=1" TEXT {7+}
C1: between URL "/INBOX/;UID=1" URL "/INBOX/;UID=1/;PARTIAL=0.10")
S1: * 2 EXISTS
S1*: a3 OK *
C1: a4 FETCH 2 BODY.PEEK[]
let whole = ${head}${text}between${text}0123456789
S1: * 2 FETCH (BODY[] {${whole.size}}
read1 got ${whole.size}
equal ${got} ${whole}
S1: )
S1: a4 OK *
C1: a5 UID REPLACE 2 INBOX (\\Draft) CATENATE (URL "/INBOX/;UID=2/;SECTION=HEADER" TEXT {3+}
C1: new)
S1*: * OK [APPENDUID * 3] *
S1*: * 2 EXPUNGE
S1*: * 2 EXISTS
S1*: a5 OK *
C1: a6 FETCH 2 (UID BODY.PEEK[])
let new = ${head}new
S1: * 2 FETCH (UID 3 BODY[] {${new.size}}
read1 got ${new.size}
equal ${got} ${new}
S1*: a6 OK *

# URLs that are signed by one user and fetched by others, each as far as its access identifier goes; keys that are made anew
account carol
account dave
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *URLAUTH*URL-PARTIAL*
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${dave} ${dave.password}
S2*: l1 OK *
C1: l2 GETACL INBOX
S1: * ACL INBOX ${c=[^@]+}@${domain=\S+} *
S1: l2 OK *
C2: l2 GETACL INBOX
S2: * ACL INBOX ${d=[^@]+}@${domain=\S+} *
S2: l2 OK *
let text = Subject: for others\r\n\r\nSi vis pacem, para bellum.\r\n
let body = Si vis pacem, para bellum.\r\n
C1: a1 APPEND INBOX {${text.size}+}
C1: ${text}
S1*: a1 OK *
C1: a2 SELECT INBOX
S1*: * OK [URLMECH INTERNAL] *
S1*: a2 OK *
let base = imap://${c}%40${domain}@${host}/INBOX/;uid=1/;section=TEXT

# what can't be signed: not for anybody, of nobody, of another user, of another server, of no mailbox, by another mechanism
C1: b1 GENURLAUTH "${base}" INTERNAL
S1: b1 BAD *
C1: b2 GENURLAUTH "imap://${host}/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S1: b2 BAD *
C1: b3 GENURLAUTH "imap://${d}%40${domain}@${host}/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S1: b3 BAD *
C1: b4 GENURLAUTH "imap://${c}%40${domain}@elsewhere.example/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S1: b4 BAD *
C1: b5 GENURLAUTH "imap://${c}%40${domain}@${host}/none/;uid=1;urlauth=anonymous" INTERNAL
S1: b5 BAD *
C1: b6 GENURLAUTH "${base};urlauth=anonymous" XSAMPLE
S1: b6 BAD *
C1: b7 GENURLAUTH "/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S1: b7 BAD *
C1: b8 GENURLAUTH "${base};urlauth=anonymous"
S1: b8 BAD *

# for whom
C1: c1 GENURLAUTH "${base};urlauth=anonymous" INTERNAL "${base};urlauth=authuser" internal "${base};urlauth=user+${d}%40${domain}" INTERNAL
S1: * GENURLAUTH "${base};urlauth=anonymous:INTERNAL:${t1=\w+}" "${base};urlauth=authuser:INTERNAL:${t2=\w+}" "${base};urlauth=user+${d}%40${domain}:INTERNAL:${t3=\w+}"
S1: c1 OK *
C2: c2 URLFETCH "${base};urlauth=anonymous:INTERNAL:${t1}" "${base};urlauth=authuser:internal:${t2}" "${base};urlauth=user+${d}%40${domain}:INTERNAL:${t3}"
S2: * URLFETCH "${base};urlauth=anonymous:INTERNAL:${t1}" {${body.size}}
read2 got ${body.size}
equal ${got} ${body}
S2: 
S2: * URLFETCH "${base};urlauth=authuser:internal:${t2}" {${body.size}}
S2: Si vis pacem, para bellum.
S2: 
S2: * URLFETCH * {${body.size}}
S2: Si vis pacem, para bellum.
S2: 
S2: c2 OK *
C1: c3 URLFETCH "${base};urlauth=user+${d}%40${domain}:INTERNAL:${t3}"
S1: * URLFETCH * NIL
S1: c3 OK *
# for submission alone; run out, and not yet; parts of bytes
C1: c4 GENURLAUTH "${base};urlauth=submit+fred" INTERNAL "${base};expire=2020-01-01T00:00:00Z;urlauth=anonymous" INTERNAL "${base}/;partial=3.3;expire=2999-01-01T00:00:00+01:00;urlauth=anonymous" INTERNAL
S1: * GENURLAUTH "${u1=[^"]+}" "${u2=[^"]+}" "${u3=[^"]+}"
S1: c4 OK *
C2: c5 URLFETCH "${u1}" "${u2}" "${u3}"
S2: * URLFETCH "${u1}" NIL
S2: * URLFETCH "${u2}" NIL
S2: * URLFETCH * {3}
S2: vis
S2: c5 OK *

# forged in any way
let good = "${base};urlauth=anonymous:INTERNAL:${t1}"
C2: d1 URLFETCH "imap://${c}%40${domain}@${host}/INBOX/;uid=2/;section=TEXT;urlauth=anonymous:INTERNAL:${t1}"
S2: * URLFETCH * NIL
S2: d1 OK *
C2: d2 URLFETCH "${base};urlauth=authuser:INTERNAL:${t1}" "${base};urlauth=anonymous:INTERNAL:91354a473744909de610943775f92038" "${base};urlauth=anonymous"
S2: * URLFETCH * NIL
S2: * URLFETCH * NIL
S2: * URLFETCH * NIL
S2: d2 OK *
C2: d3 URLFETCH "imap://${c}%40${domain}@${host}/inbox/;uid=1/;section=TEXT;urlauth=anonymous:INTERNAL:${t1}" "imap://nobody-here%40${domain}@${host}/INBOX/;uid=1;urlauth=anonymous:INTERNAL:${t1}"
S2: * URLFETCH * NIL
S2: * URLFETCH * NIL
S2: d3 OK *
C2: d4 URLFETCH "imap://${host}/" "imap://${c}%40${domain}@${host}/INBOX" "http://x/"
S2: * URLFETCH * NIL
S2: * URLFETCH * NIL
S2: * URLFETCH * NIL
S2: d4 OK *

# a new key; another session of the same user hears of it
connect3 imap tls
S3: * OK *
C3: l1 LOGIN ${carol} ${carol.password}
S3*: l1 OK *
C3: e1 SELECT INBOX
S3*: e1 OK *
C1: e2 RESETKEY INBOX
S1: e2 OK [URLMECH INTERNAL] *
C3: e3 NOOP
S3: * OK [URLMECH INTERNAL] *
S3: e3 OK *
C3: e4 NOOP
S3: e4 OK *
C2: e5 URLFETCH ${good}
S2: * URLFETCH * NIL
S2: e5 OK *
C1: e6 GENURLAUTH "${base};urlauth=anonymous" INTERNAL
S1: * GENURLAUTH "${u4=[^"]+}"
S1: e6 OK *
C2: e7 URLFETCH "${u4}"
S2: * URLFETCH * {${body.size}}
S2*: e7 OK *
C1: e8 RESETKEY
S1: e8 OK *
C2: e9 URLFETCH "${u4}"
S2: * URLFETCH * NIL
S2: e9 OK *
C1: e10 RESETKEY INBOX XSAMPLE
S1: e10 BAD *
C1: e11 RESETKEY none
S1: e11 NO *

# gone with the mailbox: one of the same name has another key
C1: f1 CREATE other
S1*: f1 OK *
C1: f2 APPEND other {${text.size}+}
C1: ${text}
S1*: f2 OK *
C1: f3 GENURLAUTH "imap://${c}%40${domain}@${host}/other/;uid=1;urlauth=anonymous" INTERNAL
S1: * GENURLAUTH "${u5=[^"]+}"
S1: f3 OK *
C2: f4 URLFETCH "${u5}"
S2: * URLFETCH * {${text.size}}
S2*: f4 OK *
C1: f5 DELETE other
S1*: f5 OK *
C1: f6 CREATE other
S1*: f6 OK *
C1: f7 APPEND other {${text.size}+}
C1: ${text}
S1*: f7 OK *
C2: f8 URLFETCH "${u5}"
S2: * URLFETCH * NIL
S2: f8 OK *

# what the one who has signed may not see any more nobody sees by it; nor anything when the account is disabled
account erin
connect3 imap tls
S3: * OK *
C3: l1 LOGIN ${erin} ${erin.password}
S3*: l1 OK *
C3: l2 GETACL INBOX
S3: * ACL INBOX ${e=[^@]+}@${domain} *
S3: l2 OK *
C1: x1 SETACL INBOX ${e}@${domain} lr
S1: x1 OK *
let shared = imap://${e}%40${domain}@${host}/Other%20Users/${c}%40${domain}/INBOX/;uid=1/;section=TEXT
C3: x2 GENURLAUTH "${shared};urlauth=authuser" INTERNAL
S3: * GENURLAUTH "${u4=[^"]+}"
S3: x2 OK *
C2: x3 URLFETCH "${u4}"
S2: * URLFETCH * {${body.size}}
S2: Si vis pacem, para bellum.
S2: 
S2: x3 OK *
C1: x4 DELETEACL INBOX ${e}@${domain}
S1: x4 OK *
C2: x5 URLFETCH "${u4}"
S2: * URLFETCH * NIL
S2: x5 OK *
C3: x6 APPEND INBOX {${text.size}+}
C3: ${text}
S3*: x6 OK *
C3: x7 GENURLAUTH "imap://${e}%40${domain}@${host}/INBOX/;uid=1/;section=TEXT;urlauth=authuser" INTERNAL
S3: * GENURLAUTH "${u5=[^"]+}"
S3: x7 OK *
C2: x8 URLFETCH "${u5}"
S2: * URLFETCH * {${body.size}}
S2: Si vis pacem, para bellum.
S2: 
S2: x8 OK *
run: account disable ${e}@${domain} --reason gone
C2: x9 URLFETCH "${u5}"
S2: * URLFETCH * NIL
S2: x9 OK *
run: account remove ${e}@${domain}
C2: x10 URLFETCH "${u5}"
S2: * URLFETCH * NIL
S2: x10 OK *

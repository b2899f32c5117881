# COMPRESS under TLS: what is sent before it is not compressed, all behind it is, asleep or not
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 COMPRESS
S1: a1 BAD *
C1: a2 COMPRESS LZW
S1: a2 BAD *
C1: a3 compress deflate
S1: a3 OK *
compress1
C1: b1 NOOP
S1: b1 OK *
C1: b2 COMPRESS DEFLATE
S1: b2 NO [COMPRESSIONACTIVE] *
let text = Subject: much\r\n\r\n${'0123456789 of text that comes again and again\r\n'*5000}
C1: b3 APPEND INBOX {${text.size}}
S1: + *
C1: ${text}
S1*: b3 OK *
C1: b4 SELECT INBOX
S1*: b4 OK *
# long enough that the server has put both states to sleep
wait 2.5
C1: b5 FETCH 1 BODY.PEEK[]
S1: * 1 FETCH (BODY[] {${text.size}}
read1 got ${text.size}
equal ${got} ${text}
S1: )
S1: b5 OK *
C1: b6 IDLE
S1: + idling
wait 2.5
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: c1 APPEND INBOX {6}
S2: + *
C2: a: b\r\n
S2*: c1 OK *
S1: * 2 EXISTS
S1*: * * RECENT
C1: DONE
S1: b6 OK *
C1: b7 LOGOUT
S1: * BYE *
S1: b7 OK *
eof1

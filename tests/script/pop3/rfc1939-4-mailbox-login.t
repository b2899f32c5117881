# A login with a tag shows that mailbox, whose lock is its own; one that is not there, or of somebody else, is refused as such (RFC 1939 4).
account carol
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${carol.password}
S1*: a OK *
C1: b CREATE Lists/News
S1*: b OK *
C1: c APPEND Lists/News {14+}
C1: Subject: x\r\n\r\n
S1*: c OK *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol.local}+Lists/News@${carol.domain}
S2: +OK *
C2: PASS ${carol.password}
S2: +OK 1 messages *
connect3 pop3 tls
S3: +OK *
C3: USER ${carol}
S3: +OK *
C3: PASS ${carol.password}
S3: +OK 0 messages *
connect4 pop3 tls
S4: +OK *
C4: USER ${carol.local}+Lists/News@${carol.domain}
S4: +OK *
C4: PASS ${carol.password}
S4: -ERR [IN-USE] *
eof4
connect5 pop3 tls
S5: +OK *
C5: USER ${carol.local}+None@${carol.domain}
S5: +OK *
C5: PASS ${carol.password}
S5: -ERR [SYS/PERM] *
eof5
connect6 pop3 tls
S6: +OK *
C6: USER ${carol.local}+Lists/News@${carol.domain}
S6: +OK *
C6: PASS wrong
S6: -ERR [AUTH] *

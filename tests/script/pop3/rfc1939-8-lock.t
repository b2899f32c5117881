# One POP3 session at a time has the mailbox; IMAP is not in its way (RFC 1939 4, RFC 2449 8.1.1).
account carol
connect1 pop3 tls
S1: +OK *
C1: USER ${carol}
S1: +OK*
C1: PASS ${carol.password}
S1: +OK 0 messages *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: -ERR [IN-USE] *
connect3 imap tls
S3: * OK *
C3: a LOGIN ${carol} ${carol.password}
S3*: a OK *
C3: b SELECT INBOX
S3*: b OK *
C1: QUIT
S1: +OK *
eof1
connect4 pop3 tls
S4: +OK *
C4: USER ${carol}
S4: +OK*
C4: PASS ${carol.password}
S4: +OK 0 messages *

# UIDL is stable between sessions, TOP gives header and lines (RFC 1939 7).
account carol
connect1 smtp
S1: 220 *
C1: HELO c.example
S1: 250 *
C1: MAIL FROM:<a@b.example>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
Subject: x

line 1
..line 2
line 3
.
END
S1: 250 *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK *
C2: UIDL
S2: +OK *
S2: 1 ${uid=\S+}
S2: .
C2: UIDL 1
S2: +OK 1 ${uid}
C2: UIDL 2
S2: -ERR *
C2: TOP 1 2
S2: +OK *
S2*: Subject: x
S2: 
S2: line 1
S2: ..line 2
S2: .
C2: TOP 1 0
S2: +OK *
S2*: Subject: x
S2: 
S2: .
C2: TOP 1
S2: -ERR *
C2: QUIT
S2: +OK *
connect3 pop3 tls
S3: +OK *
C3: USER ${carol}
S3: +OK*
C3: PASS ${carol.password}
S3: +OK *
C3: UIDL 1
S3: +OK 1 ${uid}

# STAT, LIST, RETR, DELE, NOOP, RSET, QUIT (RFC 1939 5): deletions count only at QUIT.
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
Subject: first

1
.
END
S1: 250 *
C1: MAIL FROM:<a@b.example>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
Subject: second

2
.
END
S1: 250 *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK 2 messages (${all=\d+} octets)
C2: STAT
S2: +OK 2 ${all}
C2: LIST
S2: +OK *
S2: 1 ${one=\d+}
S2: 2 *
S2: .
C2: LIST 1
S2: +OK 1 ${one}
C2: LIST 3
S2: -ERR *
C2: LIST 0
S2: -ERR *
C2: DELE 1
S2: +OK *
C2: DELE 1
S2: -ERR *
C2: RETR 1
S2: -ERR *
C2: STAT
S2: +OK 1 *
C2: RSET
S2: +OK *
C2: STAT
S2: +OK 2 ${all}
C2: NOOP
S2: +OK*
C2: DELE 2
S2: +OK *
C2: QUIT
S2: +OK *
eof2
connect3 pop3 tls
S3: +OK *
C3: USER ${carol}
S3: +OK*
C3: PASS ${carol.password}
S3: +OK 1 messages (${one} octets)
C3: RETR 1
S3: +OK ${one} octets
S3*: Subject: first
S3*: .

# EXPIRE tells how long messages stay for this account; with EXPIRE 0 what was fetched to its end goes at QUIT, and only then (RFC 2449 6.7).
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
C2: AUTH PLAIN ${carol.plain}
S2: +OK 2 *
C2: CAPA
S2: +OK *
S2*: EXPIRE NEVER
S2*: .
C2: RETR 1
S2: +OK *
S2*: .
C2: QUIT
S2: +OK Bye, 0 *
eof2
run: account set ${carol} --pop3-retention 45d
connect3 pop3 tls
S3: +OK *
C3: AUTH PLAIN ${carol.plain}
S3: +OK 2 *
C3: CAPA
S3: +OK *
S3*: EXPIRE 45
S3*: .
C3: QUIT
S3: +OK *
eof3
run: account set ${carol} --pop3-retention fetched
connect4 pop3 tls
S4: +OK *
C4: AUTH PLAIN ${carol.plain}
S4: +OK 2 *
C4: CAPA
S4: +OK *
S4*: EXPIRE 0
S4*: .
C4: RETR 1
S4: +OK *
S4*: .
C4: TOP 2 10
S4: +OK *
S4*: .
C4: NOOP
S4: +OK *
close4
connect5 pop3 tls
S5: +OK *
C5: AUTH PLAIN ${carol.plain}
S5: +OK 2 *
C5: RETR 1
S5: +OK *
S5*: .
C5: TOP 2 10
S5: +OK *
S5*: .
C5: QUIT
S5: +OK Bye, 1 messages removed
eof5
connect6 pop3 tls
S6: +OK *
C6: AUTH PLAIN ${carol.plain}
S6: +OK 1 *
C6: TOP 1 0
S6: +OK *
S6*: Subject: second
S6*: .

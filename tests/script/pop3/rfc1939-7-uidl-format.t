# Unique ids are as the account wants them, so that a program that has fetched from another server fetches nothing once more (RFC 1939 7).
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

1
.
END
S1: 250 *
connect2 pop3 tls
S2: +OK *
C2: AUTH PLAIN ${carol.plain}
S2: +OK 1 *
C2: UIDL 1
S2: /\+OK 1 \d+\.1/
C2: QUIT
S2: +OK *
eof2
run: account set ${carol} --pop3-uidl dovecot
connect3 pop3 tls
S3: +OK *
C3: AUTH PLAIN ${carol.plain}
S3: +OK 1 *
C3: UIDL
S3: +OK *
S3: /1 00000001[0-9a-f]{8}/
S3: .
C3: QUIT
S3: +OK *
eof3
run: account set ${carol} --pop3-uidl courier
connect4 pop3 tls
S4: +OK *
C4: AUTH PLAIN ${carol.plain}
S4: +OK 1 *
C4: UIDL
S4: +OK *
S4: /1 UID1-\d+/
S4: .
C4: UIDL 2
S4: -ERR *
run: account set ${carol} --pop3-uidl same
exit: 2

# A message that IMAP expunged meanwhile answers -ERR; deleting it succeeds at QUIT.
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
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK 1 *
connect3 imap tls
S3: * OK *
C3: a LOGIN ${carol} ${carol.password}
S3*: a OK *
C3: b SELECT INBOX
S3*: b OK *
C3: c STORE 1 +FLAGS.SILENT (\\Deleted)
S3*: c OK *
C3: d EXPUNGE
S3*: d OK *
C2: RETR 1
S2: -ERR *
C2: DELE 1
S2: +OK *
C2: QUIT
S2: +OK *

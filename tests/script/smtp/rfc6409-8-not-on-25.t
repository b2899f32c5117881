# What other servers bring is left as it is: nothing is added and nothing taken away (RFC 6409 8 is about submission, RFC 5321 6.4 about the rest).
account carol
connect1 smtp
S1: 220 *
C1: EHLO mx.example
S1*: 250 *
C1: MAIL FROM:<x@elsewhere.example>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
From: x@elsewhere.example
Bcc: ${carol}
Subject: bare

text
.
END
S1: 250 2.0.0 *
connect2 imap tls
S2: * OK *
C2: a1 LOGIN ${carol} ${carol.password}
S2*: a1 OK *
C2: a2 SELECT INBOX
S2*: a2 OK *
C2: a3 FETCH 1 BODY.PEEK[HEADER.FIELDS (Date Message-ID Bcc)]
S2: * 1 FETCH (BODY[HEADER.FIELDS (Date Message-ID Bcc)] {*
S2: Bcc: ${carol}
S2: 
S2: )
S2: a3 OK *

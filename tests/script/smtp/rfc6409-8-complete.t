# A letter of a user gets the Date and Message-ID that it lacks, and loses Bcc (RFC 6409 8.2, 8.3, RFC 5322 3.6.3); the rest stays as it is, and its size, structure and dates are those
# of the stored bytes.
account carol
connect1 submission tls
S1: 220 *
C1: EHLO c.example
S1*: 250 *
C1: AUTH PLAIN ${carol.plain}
S1: 235 *
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
From: ${carol}
Bcc: hidden@elsewhere.example,
 ${bob}
X-Odd:kept   as it is
Resent-Bcc: hidden@elsewhere.example
Subject: incomplete

text
.
END
S1: 250 2.0.0 *
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
date : Mon, 23 Nov 2026 10:00:00 +0000
message-id:<own@c.example>
From: ${carol}
Subject: complete

text
.
END
S1: 250 2.0.0 *
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
DKIM-Signature: v=1; d=elsewhere.example; h=from:date:
 message-id; b=AAAA
From: ${carol}
Subject: signed

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
C2: a3 FETCH 1 (RFC822.SIZE ENVELOPE BODY.PEEK[HEADER.FIELDS (Date Message-ID Bcc Resent-Bcc X-Odd)])
S2: * 1 FETCH (RFC822.SIZE ${size=\d+} ENVELOPE ("${date=[^"]+}" "incomplete" * NIL NIL "<${id=[a-z0-9]+@[^>]+}>") BODY[HEADER.FIELDS (Date Message-ID Bcc Resent-Bcc X-Odd)] {*
S2: Date: ${date}
S2: Message-ID: <${id}>
S2: X-Odd:kept   as it is
S2: 
S2: )
S2: a3 OK *
C2: a4 FETCH 2 BODY.PEEK[HEADER.FIELDS (Date Message-ID)]
S2: * 2 FETCH (BODY[HEADER.FIELDS (Date Message-ID)] {*
S2: date : Mon, 23 Nov 2026 10:00:00 +0000
S2: message-id:<own@c.example>
S2: 
S2: )
S2: a4 OK *
C2: a5 FETCH 3 BODY.PEEK[HEADER.FIELDS (Date Message-ID)]
S2: * 3 FETCH (BODY[HEADER.FIELDS (Date Message-ID)] {2}
S2: 
S2: )
S2: a5 OK *
C2: a6 SEARCH LARGER 100000
S2: * SEARCH
S2: a6 OK *

# MT-PRIORITY: a number from -9 to 9; who has not logged in may only ask for less, and is told so (RFC 6710 3, 4.1).
account carol
connect smtp
S: 220 *
C: EHLO c.example
S*: 250-MT-PRIORITY
S*: 250 *
C: MAIL FROM:<a@b.example> MT-PRIORITY=10
S: 501 5.5.2 *
C: MAIL FROM:<a@b.example> MT-PRIORITY=-0
S: 501 5.5.2 *
C: MAIL FROM:<a@b.example> MT-PRIORITY
S: 501 5.5.2 *
C: MAIL FROM:<a@b.example> MT-PRIORITY=1 MT-PRIORITY=1
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> MT-PRIORITY=9
S: 250 2.3.6 0 is the priority *
C: RSET
S: 250 *
C: MAIL FROM:<a@b.example> MT-PRIORITY=-3
S: 250 2.1.0 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
Subject: not urgent

text
.
END
S: 250 2.0.0 *
connect2 imap tls
S2: * OK *
C2: l LOGIN ${carol} ${carol.password}
S2*: l OK *
C2: s SELECT INBOX
S2*: * 1 EXISTS
S2*: s OK *
C2: f FETCH 1 (BODY.PEEK[HEADER.FIELDS (Received)])
S2*: *PRIORITY -3;*
S2*: f OK *

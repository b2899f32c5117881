# Who asks for it is told that the letter is in the mailbox (RFC 3461 5.2.3 (a)), and who does not is not.
account carol
account dave
connect2 imap tls
S2: * OK *
C2: l LOGIN ${carol} ${carol.password}
S2*: l OK *
C2: s SELECT INBOX
S2*: s OK *
C2: i IDLE
S2: + *
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250-DSN
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}> RET=FULL ENVID=+28one+29
S: 250 *
C: RCPT TO:<${dave}> NOTIFY=SUCCESS ORCPT=rfc822;original+2Bname@b.example
S: 250 *
C: DATA
S: 354 *
C<<END
From: ${carol}
Subject: told of

the text
.
END
S: 250 2.0.0 *
S2: * 1 EXISTS
S2*: * 1 RECENT
C2: DONE
S2*: i OK *
C2: f FETCH 1 (BODY.PEEK[HEADER.FIELDS (Return-Path Content-Type)])
S2*: Return-Path: <>
S2*: Content-Type: multipart/report; report-type=delivery-status;
S2*: f OK *
C2: g FETCH 1 BODY.PEEK[2]
S2*: Original-Envelope-Id: (one)
S2*: Original-Recipient: rfc822;original+name@b.example
S2*: Final-Recipient: rfc822; ${dave}
S2*: Action: delivered
S2*: Status: 2.1.5
S2*: g OK *
# the letter itself is not in it (4.3)
C2: h FETCH 1 BODY.PEEK[]
S2: * 1 FETCH *
S2*: Subject: told of
S2: *
S2: --report-*--
S2*: h OK *

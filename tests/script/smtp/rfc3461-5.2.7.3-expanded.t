# An address that leads to several: its own notice says so, and none comes of those behind it (RFC 3461 5.2.7.3 (c)).
account carol
account dave
account erin
run: alias add team@example.test ${dave} ${erin}
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
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<team@example.test> NOTIFY=SUCCESS,FAILURE
S: 250 *
C: RCPT TO:<${dave}> NOTIFY=NEVER
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
C2: g FETCH 1 BODY.PEEK[2]
S2*: Final-Recipient: rfc822; team@example.test
S2: Action: expanded
S2: Status: 2.0.0
S2: Last-Attempt-Date: *
S2: )
S2*: g OK *
run: alias remove team@example.test

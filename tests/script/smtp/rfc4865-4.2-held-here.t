# A letter for somebody here waits too, is shown with its time, and goes when it is let go (RFC 4865 4.2 (5)).
account carol
account dave
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}> HOLDFOR=86400
S: 250 *
C: RCPT TO:<${dave}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: ${carol}
Subject: for tomorrow

text
.
END
S: 250 2.0.0 *
connect2 imap tls
S2: * OK *
C2: l LOGIN ${dave} ${dave.password}
S2*: l OK *
C2: s SELECT INBOX
S2*: * 0 EXISTS
S2*: s OK *
run: queue list --json --account ${carol}
out*: /.*"id": ?"(?P<id>[0-9a-f]{16})".*"why": ?"it is to leave later".*"release": ?"20[^"]*Z".*/
C2: i IDLE
S2: + *
run: queue release ${id}
S2: * 1 EXISTS
S2*: * 1 RECENT
C2: DONE
S2*: i OK *
C2: f FETCH 1 (BODY.PEEK[HEADER.FIELDS (Return-Path Subject)])
S2*: Return-Path: <${carol}>
S2*: f OK *

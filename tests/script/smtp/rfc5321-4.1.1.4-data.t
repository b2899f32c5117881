# A letter is delivered with trace lines, its dots unstuffed, and Return-Path replaced (RFC 5321 4.1.1.4, 4.4, 4.5.2).
account carol
connect1 smtp
S1: 220 *
C1: EHLO client.example
S1*: 250 *
C1: MAIL FROM:<sender@elsewhere.example> BODY=8BITMIME
S1: 250 2.1.0 *
C1: RCPT TO:<${carol}>
S1: 250 2.1.5 *
C1: DATA
S1: 354 *
C1<<END
Return-Path: <forged@z.example>
Subject: one

..dot
two dots: ..
.
END
S1: 250 2.0.0 Accepted and safely stored as *
connect2 pop3 tls
S2: +OK *
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK 1 messages *
C2: RETR 1
S2: +OK *
S2: Return-Path: <sender@elsewhere.example>
S2: Delivered-To: ${carol}
S2: Received: from client.example ([*])
S2*: /\tfor <.*>;/
S2: /\t.* \+0000/
S2: Subject: one
S2: 
S2: ..dot
S2: two dots: ..
S2: .

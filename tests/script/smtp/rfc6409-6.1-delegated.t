# Who has been given the right sends as somebody else, in the envelope, From and Sender, with tags, until it is taken away (RFC 6409 6.1).
account carol
account dave
run: delegate add ${carol} ${dave}
out*: *${dave}*
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${dave}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: Dave <${dave}>
Sender: ${carol}
Subject: for dave

x
.
END
S: 250 2.0.0 *
C: MAIL FROM:<${bob}>
S: 553 5.7.1 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: Dave <${dave}>
Sender: ${bob}
Subject: a sender that nobody gave

x
.
END
S: 550 5.7.1 *<${bob}>*
run: delegate remove ${carol} ${dave}
C: MAIL FROM:<${dave}>
S: 553 5.7.1 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: Dave <${dave}>
Sender: ${carol}
Subject: not any more

x
.
END
S: 550 5.7.1 *<${dave}>*

# What a user sends is from himself in its header too: each address of From and Sender in a domain of ours (RFC 6409 6.1).
account carol
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: "Carol" <${carol}>, Boss <${bob}>
Subject: two authors

x
.
END
S: 550 5.7.1 *<${bob}>*not an address of yours*
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: ${carol}
From: ${bob}
Subject: two fields

x
.
END
S: 550 5.7.1 *<${bob}>*
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: ${carol}
Sender: "the boss" <${alice}>
Subject: a sender

x
.
END
S: 550 5.7.1 *<${alice}>*
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: root
Subject: no whole address
Sender: someone@elsewhere.example

x
.
END
S: 250 2.0.0 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
From: Carol (that is "me" <x@y>) <${carol}>,
 ${carol}
Subject: fine

x
.
END
S: 250 2.0.0 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
Subject: no From at all

x
.
END
S: 250 2.0.0 *
C: QUIT
S: 221 *
eof

# What a user sends elsewhere is accepted into the durable queue, and listed there.
account carol
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<somebody@elsewhere.example>
S: 250 *
C: DATA
S: 354 *
C<<END
Subject: out

x
.
END
S: 250 2.0.0 *
run: queue list --json
out*: {"letters":*${carol}*somebody@elsewhere.example*

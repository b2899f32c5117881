# Quotes that are not needed change nothing, case is nothing, source routes are taken off, and a literal is no domain of ours (RFC 5321 2.4, 4.1.2, 4.1.3, appendix F.2).
account carol
run: alias add '"${mailbox} x"@example.test' ${carol}
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<@a.example,@b.example:x@far.example>
S: 250 *
C: RCPT TO:<"${carol.local}"@example.test>
S: 250 *
C: RCPT TO:<"\\${carol.local}"@EXAMPLE.test>
S: 250 *
C: RCPT TO:<"${carol.local}+tag"@example.test>
S: 250 *
C: RCPT TO:<@far.example:${carol}>
S: 250 *
C: RCPT TO:<"${mailbox} X"@example.test>
S: 250 *
C: RCPT TO:<"${mailbox} y"@example.test>
S: 550 5.1.1 *
C: RCPT TO:<${mailbox} x@example.test>
S: 501 5.1.3 *
C: RCPT TO:<x@[192.0.2.1]>
S: 550 5.7.1 *
C: RCPT TO:<x@[192.0.2.999]>
S: 501 5.1.3 *
C: RCPT TO:<x@[IPv6:2001:DB8:0:0::1]>
S: 550 5.7.1 <x@[IPv6:2001:db8::1]> *
C: RCPT TO:<ABUSE@Example.Test>
S: 250 *
C: RCPT TO:<pOSTMASTER>
S: 250 *
C: RSET
S: 250 *
C: MAIL FROM:<"a \\" b"@[192.0.2.7]>
S: 250 *
run: alias remove '"${mailbox} x"@example.test'

# An address that takes no mail says why, in the administrator's words, and nothing else can be smuggled in with them.
account carol
run: alias disable ${carol} --reason "moved to carol@new.example"
out*: *moved to carol*
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<x@far.example>
S: 250 *
C: RCPT TO:<${carol}>
S: 550 5.2.1 <${carol}> does not take mail: moved to carol@new.example
run: alias disable ${carol} --reason "zu müde"
C: RCPT TO:<${carol}>
S: 550 5.2.1 <${carol}> does not take mail: zu m??de
C: RSET
S: 250 *
C: MAIL FROM:<x@far.example> SMTPUTF8
S: 250 *
C: RCPT TO:<${carol}>
S: 550 5.2.1 <${carol}> does not take mail: zu müde
run: alias disable ${carol}
C: RCPT TO:<${carol}>
S: 550 5.2.1 <${carol}> does not take mail
run: alias enable ${carol}
C: RCPT TO:<${carol}>
S: 250 *
run: alias enable ${carol}
exit: 1
run: alias disable ${mailbox}-left@example.test --reason "has left"
C: RCPT TO:<${mailbox}-left@example.test>
S: 550 5.2.1 *has left
run: alias enable ${mailbox}-left@example.test
C: RCPT TO:<${mailbox}-left@example.test>
S: 550 5.1.1 *

# A letter for somebody elsewhere waits in the queue: it is shown, held, released and dropped.
account carol
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${mailbox}@far.example>
S: 250 *
C: DATA
S: 354 *
C: Subject: out
C:
C: .
S: 250 *
run: queue list
out*: ${id=[0-9a-f]{16}} *${mailbox}@far.example*
run: queue show ${id}
out*: arrived: *20*
out*: *${mailbox}@far.example*
run: queue hold ${id}
run: queue show ${id} --json
out: *"state":"held"*held by the administrator*
run: queue release ${id}
run: queue show ${id} --json
out: *"state":"waiting"*
run: queue drop ${id}
run: queue show ${id}
exit: 1
out: *no entry ${id} *
run: queue drop ${id}
exit: 1
run: queue show nonsense
exit: 2

# What leads back to itself is refused when it is defined; and when it comes about all the same, in RCPT.
run: alias add ${mailbox}-a@example.test ${mailbox}-b@example.test
run: alias add ${mailbox}-b@example.test ${mailbox}-a@example.test
exit: 1
out: *back to itself*
run: alias add ${mailbox}-c@example.test nobody-of-that-name@example.test
run: alias check example.test
out*: *${mailbox}-c@example.test*
run: alias check example.test --json
out: *"what":"${mailbox}-c@example.test","target":"nobody-of-that-name@example.test","problem":"there is nobody of that address"*
run: domain add ${mailbox}.test
run: alias add @${mailbox}.test ${mailbox}-x@${mailbox}.test
connect smtp
S: 220 *
C: HELO c.example
S: 250 *
C: MAIL FROM:<x@far.example>
S: 250 *
C: RCPT TO:<anybody@${mailbox}.test>
S: 550 5.4.6 <anybody@${mailbox}.test> *
run: alias remove @${mailbox}.test
run: domain remove ${mailbox}.test
run: alias remove ${mailbox}-a@example.test
run: alias remove ${mailbox}-c@example.test

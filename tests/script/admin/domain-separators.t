# A domain has separators of its own, instead of those of the setting.
account carol
run: domain add ${mailbox}.test --separators -=
out*: separators: *-=
run: alias add info@${mailbox}.test ${carol}
connect smtp
S: 220 *
C: HELO c.example
S: 250 *
C: MAIL FROM:<x@far.example>
S: 250 *
C: RCPT TO:<info-a@${mailbox}.test>
S: 250 *
C: RCPT TO:<info=a@${mailbox}.test>
S: 250 *
C: RCPT TO:<info+a@${mailbox}.test>
S: 550 5.1.1 *
run: domain set ${mailbox}.test --separators none
C: RCPT TO:<info-a@${mailbox}.test>
S: 550 5.1.1 *
run: domain set ${mailbox}.test --separators default
C: RCPT TO:<info+a@${mailbox}.test>
S: 250 *
run: domain set ${mailbox}.test --separators x
exit: 2
run: alias remove info@${mailbox}.test
run: domain remove ${mailbox}.test

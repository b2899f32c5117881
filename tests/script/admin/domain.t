# A domain is added, shown, listed and removed; mail for it is taken while it is there.
run: domain add ${mailbox}.test
out: domain: *${mailbox}.test
run: domain add ${mailbox}.test
exit: 1
out: *exists already*
run: domain list --json
out: *"domain":"${mailbox}.test"*
run: domain show ${mailbox}.test --json
out: {"domain":"${mailbox}.test",*"accounts":0,"aliases":0,*
connect smtp
S: 220 *
C: HELO c.example
S: 250 *
C: MAIL FROM:<x@far.example>
S: 250 *
C: RCPT TO:<nobody@${mailbox}.test>
S: 550 5.1.1 *
run: domain remove ${mailbox}.test
out: *${mailbox}.test
C: RCPT TO:<nobody@${mailbox}.test>
S: 550 5.7.1 *
run: domain show ${mailbox}.test
exit: 1
out: *not a domain of this server*

# A domain that still has accounts is not removed.
run: domain add ${mailbox}.test
run: account add x@${mailbox}.test --random
run: domain remove ${mailbox}.test
exit: 1
out: *still has*
run: account remove x@${mailbox}.test
run: domain remove ${mailbox}.test

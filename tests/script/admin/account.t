# An account is made with a password from standard input, shown without it, changed and removed; its number is never used again.
run: account add ${mailbox}@example.test --password-stdin --name "Some One" <<END
first secret
END
run: account show ${mailbox}@example.test
out*: name: *Some One
out*: password *argon2id *
run: account show ${mailbox}@example.test --json
out: *"id":"${first=[0-9a-f]{16}}"*
run: account set ${mailbox}@example.test --quota 1G --json
out: *"quota_bytes":1073741824,*
run: account add ${mailbox}@example.test --random
exit: 1
out: *exists already*
run: account remove ${mailbox}@example.test
run: account show ${mailbox}@example.test
exit: 1
run: account add ${mailbox}@example.test --random --json
out: *"password":"*
run: account show ${mailbox}@example.test --json
out: *"id":"${second=[0-9a-f]{16}}"*
run: account remove ${mailbox}@example.test

# What was deleted is listed, and comes back under a new uid with its flags, in the mailbox that is made again for it.
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=

Dear Bob,
all is well.
END

C1: a CREATE box
S1: a OK *
C1: b APPEND box (\\Flagged keyw) {${msg.size}+}
C1: ${msg}
S1: b OK *
C1: c SELECT box
S1*: c OK *
C1: d STORE 1 +FLAGS.SILENT (\\Deleted)
S1: d OK *
C1: e EXPUNGE
S1*: e OK *
run: undelete ${carol} --json
out: {"deleted":[{"id":"${id=[0-9]+-1}","mailbox":"box",*"from":"Ann <ann@example.test>","subject":"Grüße",*"messages":1,"more":false}
run: undelete ${carol} --search "all is well" --mailbox box --since 1h
out*: *${id} *box*
run: undelete ${carol} --search nothing --json
out: {"deleted":[],"messages":0,"more":false}
C1: f SELECT INBOX
S1*: f OK *
C1: g DELETE box
S1: g OK *
run: undelete ${carol} ${id} --json
out: {"restored":1}
C1: h SELECT box
S1*: h OK *
C1: i FETCH 1 (FLAGS)
S1: * 1 FETCH (FLAGS (\\Flagged \\Recent keyw))
S1: i OK *
run: undelete ${carol} ${id}
exit: 1
out: *no deleted message*
run: undelete nobody@example.test
exit: 1
out: *no account nobody@example.test*
run: undelete ${carol} nonsense
exit: 2

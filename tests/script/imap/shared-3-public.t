# an account that is nobody's own: its mailboxes are under Shared/, for those whom the administrator lets in
account carol
account office
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${office} ${office.password}
S2*: l2 OK *
C2: a CREATE News
S2: a OK *
C2: b LOGOUT
S2*: b OK *
run: acl public ${office} on
exit: 0
run: acl set ${office} News anyone lr
exit: 0
run: acl set ${office} News ${carol} +lrsi
exit: 0
run: acl set ${office} News ${carol} -i
exit: 0
run: acl set ${office} News ${carol} lrq
exit: 2
run: acl list ${office} News --json
out: *"public":true*"rights":"lrswipkxtecda"*"identifier":"anyone","rights":"lr"*"identifier":"${carol}","rights":"lrs"*
exit: 0
C1: c LIST "" "Shared/%/%"
S1: * LIST (\\HasNoChildren) "/" Shared/${office}/News
S1: c OK *
C1: d LIST "" "Other Users/${office}/*"
S1: d OK *
C1: e MYRIGHTS "Shared/${office}/News"
S1: * MYRIGHTS Shared/${office}/News lrs
S1: e OK *
C1: f MYRIGHTS "Other Users/${office}/News"
S1: f NO [NONEXISTENT] *
C1: g SELECT "Shared/${office}/News"
S1*: g OK [READ-ONLY] *
run: acl remove ${office} News ${carol}
exit: 0
run: acl remove ${office} News anyone
exit: 0
C1: h NOOP
S1: * BYE *
eof1

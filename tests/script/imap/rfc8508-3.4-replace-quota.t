# what goes makes room for what comes
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let old <<END
Subject: old

Text.
END
let new <<END
Subject: new and longer

Text of it.
END
C1: p1 APPEND INBOX (\\Flagged) {${old.size}+}
C1~: ${old}
C1~:  {${old.size}+}\r\n${old}
C1~:  (\\Deleted) {${old.size}+}\r\n${old}\r\n
S1*: p1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
run: account set ${carol} --quota 70 --json
out: *"quota_bytes":70,*
C1: a1 APPEND INBOX {${old.size}+}
C1: ${old}
S1: a1 NO [OVERQUOTA] *
C1: a2 REPLACE 1 INBOX {${old.size}+}
C1: ${old}
S1: * OK [APPENDUID * 4] *
S1*: a2 OK *
C1: a3 REPLACE 1 INBOX {${new.size}+}
C1: ${new}
S1: a3 NO [OVERQUOTA] *
C1: a4 UID SEARCH ALL
S1: * SEARCH 2 3 4
S1: a4 OK *
run: account set ${carol} --quota 10
C1: a5 UID REPLACE 4 INBOX {${old.size}+}
C1: ${old}
S1: * OK [APPENDUID * 5] *
S1*: a5 OK *

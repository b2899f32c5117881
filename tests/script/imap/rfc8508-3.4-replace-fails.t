# a REPLACE that fails leaves the old message
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
C1: a1 REPLACE 1 NoSuch {${new.size}+}
C1: ${new}
S1: a1 NO [TRYCREATE] *
C1: a2 REPLACE 4 INBOX {${new.size}+}
C1: ${new}
S1: a2 BAD *
C1: a3 UID REPLACE 4 INBOX {${new.size}+}
C1: ${new}
S1: a3 NO *
C1: a4 REPLACE 1 INBOX {0+}
C1: 
S1: a4 NO *
C1: a5 REPLACE 1 INBOX {${new.size}+}
C1~: ${new}
C1~:  {${new.size}+}\r\n${new}\r\n
S1: a5 BAD *
C1: a6 REPLACE 1:2 INBOX {${new.size}+}
C1: ${new}
S1: a6 BAD *
C1: a7 EXAMINE INBOX
S1*: a7 OK *
C1: a8 REPLACE 1 INBOX {${new.size}+}
C1: ${new}
S1: a8 NO *
C1: a9 UID SEARCH ALL
S1: * SEARCH 1 2 3
S1: a9 OK *
C1: b1 CLOSE
S1: b1 OK *
C1: b2 REPLACE 1 INBOX {${new.size}+}
C1: ${new}
S1: b2 BAD *
C1: b3 NOOP
S1: b3 OK *

# REPLACE: the new message comes and the old one goes; nothing of the old one is taken along
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
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s1 SELECT INBOX
S2*: s1 OK *
C1: a1 REPLACE 1 INBOX (\\Draft) " 1-Jan-2020 10:00:00 +0000" {${new.size}}
S1: + *
C1: ${new}
S1: * OK [APPENDUID * 4] *
S1{
* 1 EXPUNGE
* 3 EXISTS
* 3 RECENT
}
S1: a1 OK *
C1: a2 UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)
S1: * 1 FETCH (UID 2 FLAGS (\\Recent) *
S1: * 2 FETCH (UID 3 FLAGS (\\Deleted \\Recent) *
S1: * 3 FETCH (UID 4 FLAGS (\\Draft \\Recent) INTERNALDATE " 1-Jan-2020 10:00:00 +0000" RFC822.SIZE ${new.size})
S1: a2 OK *
C2: n1 NOOP
S2*: * 1 EXPUNGE
S2*: n1 OK *
C2: n2 UID SEARCH ALL
S2: * SEARCH 2 3 4
S2: n2 OK *
C1: a3 UID REPLACE 2 Archive {${new.size}+}
C1: ${new}
S1: * OK [APPENDUID * 1] *
S1: * 1 EXPUNGE
S1: a3 OK *
C1: a4 STATUS Archive (MESSAGES)
S1: * STATUS Archive (MESSAGES 1)
S1: a4 OK *
C1: a5 REPLACE * INBOX {${new.size}+}
C1: ${new}
S1: * OK [APPENDUID * 5] *
S1*: a5 OK *
C1: a6 UID SEARCH ALL
S1: * SEARCH 3 5
S1: a6 OK *

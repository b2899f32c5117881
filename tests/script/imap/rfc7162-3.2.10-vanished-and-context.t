# a search that is kept up to date hears of what goes before VANISHED does (RFC 5267 section 4.3.4), one by one
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
Subject: Greetings

All is well.
END
C1: ap APPEND INBOX {${msg.size}+}
C1~: ${msg}
C1~:  (\\Deleted) {${msg.size}+}\r\n${msg}
C1~:  (\\Deleted) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: a ENABLE QRESYNC
S1*: a OK *
C1: b SELECT INBOX
S1*: b OK *
C1: c SEARCH RETURN (UPDATE ALL) SUBJECT greet
S1: * ESEARCH (TAG "c") ALL 1:4
S1: c OK *
C1: d EXPUNGE
S1: * ESEARCH (TAG "c") REMOVEFROM (0 2)
S1: * VANISHED 2
S1: * ESEARCH (TAG "c") REMOVEFROM (0 2)
S1: * VANISHED 3
S1: d OK [HIGHESTMODSEQ *] *

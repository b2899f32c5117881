# a message that another session expunges is not in $ any more; new ones do not come into it
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: Greetings

All is well.
END
C1: ap APPEND INBOX {${msg.size}+}
C1~: ${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  (\\Seen) {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 SEARCH RETURN (SAVE) ALL
S1: a1 OK *
connect2 imap tls
S2: * OK *
C2: l1 LOGIN ${carol} ${carol.password}
S2*: l1 OK *
C2: s1 SELECT INBOX
S2*: s1 OK *
C2: d1 STORE 2:4 +FLAGS.SILENT (\\Deleted)
S2: d1 OK *
C2: d2 EXPUNGE
S2*: d2 OK *
C2: d3 APPEND INBOX {${msg.size}+}
C2~: ${msg}\r\n
S2*: d3 OK *
C1: n1 NOOP
S1*: n1 OK *
C1: a2 SEARCH $
S1: * SEARCH 1 2 3
S1: a2 OK *

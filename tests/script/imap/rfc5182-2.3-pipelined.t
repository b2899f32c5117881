# a saved result is there for commands sent behind it
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
C1+: a1 SEARCH RETURN (SAVE) SEEN
C1+: a2 COPY $ Archive
C1: a3 STORE $ +FLAGS.SILENT (\\Flagged)
S1: a1 OK *
S1: a2 OK [COPYUID *] *
S1: a3 OK *
C1: a4 SEARCH FLAGGED
S1: * SEARCH 2 4 5
S1: a4 OK *

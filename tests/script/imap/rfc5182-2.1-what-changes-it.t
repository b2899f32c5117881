# what resets the saved result and what leaves it alone
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
C1: a1 SEARCH RETURN (SAVE) 1:2
S1: a1 OK *
C1: a2 SEARCH RETURN (SAVE) BOGUS
S1: a2 BAD *
C1: a3 SEARCH RETURN (ALL) 5
S1: * ESEARCH (TAG "a3") ALL 5
S1: a3 OK *
C1: a4 SEARCH CHARSET X-NONE ALL
S1: a4 NO *
C1: a5 SEARCH $
S1: * SEARCH 1 2
S1: a5 OK *
C1: a6 SEARCH RETURN (SAVE) CHARSET X-NONE ALL
S1: a6 NO [BADCHARSET *
C1: a7 SEARCH $
S1: * SEARCH
S1: a7 OK *
C1: a8 SEARCH RETURN (SAVE) 3
S1: a8 OK *
C1: a9 SELECT INBOX
S1*: a9 OK *
C1: b1 FETCH $ (UID)
S1: b1 OK *
C1: b2 COPY $ Archive
S1: b2 OK *

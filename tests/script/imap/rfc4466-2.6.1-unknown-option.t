# unknown return options are BAD, and the charset comes behind them
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
C1: a1 SEARCH RETURN (BEST) ALL
S1: a1 BAD *
C1: a2 SEARCH RETURN ALL
S1: a2 BAD *
C1: a3 SEARCH RETURN (ALL)
S1: a3 BAD *
C1: a4 SEARCH RETURN (COUNT) CHARSET UTF-8 SUBJECT greet
S1: * ESEARCH (TAG "a4") COUNT 6
S1: a4 OK *
C1: a5 SEARCH RETURN (COUNT) CHARSET X-NONE SUBJECT greet
S1: a5 NO [BADCHARSET (US-ASCII UTF-8)] *
C1: a6 SEARCH RETURN (COUNT ) ALL
S1: a6 BAD *

# MIN and MAX alone are the same as with all else, wherever in the mailbox they are
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
Subject: one

text
END
C1: a APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: a OK *
C1: b SELECT INBOX
S1*: b OK *
C1: c1 COPY 1:\* INBOX
S1*: c1 OK *
C1: c2 COPY 1:\* INBOX
S1*: c2 OK *
C1: c3 COPY 1:\* INBOX
S1*: c3 OK *
C1: c4 COPY 1:\* INBOX
S1*: c4 OK *
C1: c5 COPY 1:\* INBOX
S1*: c5 OK *
C1: c6 COPY 1:\* INBOX
S1*: c6 OK *
C1: c7 COPY 1:\* INBOX
S1: * 128 EXISTS
S1*: c7 OK *
C1: d STORE 20,50,90 +FLAGS.SILENT (\\Flagged)
S1: d OK *
C1: e SEARCH RETURN (MIN) FLAGGED
S1: * ESEARCH (TAG "e") MIN 20
S1: e OK *
C1: f UID SEARCH RETURN (MAX) FLAGGED
S1: * ESEARCH (TAG "f") UID MAX 90
S1: f OK *
C1: g SEARCH RETURN (MIN MAX) BODY text 30:60
S1: * ESEARCH (TAG "g") MIN 30 MAX 60
S1: g OK *
C1: h SEARCH RETURN (MIN MAX) FLAGGED 21:89
S1: * ESEARCH (TAG "h") MIN 50 MAX 50
S1: h OK *
C1: i SEARCH RETURN (MIN MAX) KEYWORD none
S1: * ESEARCH (TAG "i")
S1: i OK *
C1: j SEARCH RETURN (SAVE MIN MAX) FLAGGED
S1: * ESEARCH (TAG "j") MIN 20 MAX 90
S1: j OK *
C1: k FETCH $ UID
S1: * 20 FETCH (UID 20)
S1: * 90 FETCH (UID 90)
S1: k OK *
C1: l SEARCH RETURN (MIN) UNDELETED
S1: * ESEARCH (TAG "l") MIN 1
S1: l OK *
C1: m SEARCH RETURN (MAX) UNDELETED
S1: * ESEARCH (TAG "m") MAX 128
S1: m OK *

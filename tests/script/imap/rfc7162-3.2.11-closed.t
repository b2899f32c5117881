# the other mailbox is closed by selecting one: what comes behind CLOSED is of the new one
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
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: a SELECT INBOX
not: * CLOSED *
S1*: a OK *
C1: b EXAMINE Sent
S1: * OK [CLOSED] *
S1*: b OK *
C1: c SELECT none
S1: * OK [CLOSED] *
S1: c NO *
C1: d SELECT INBOX
not: * CLOSED *
S1*: d OK *
C1: e UNSELECT
S1: e OK *
C1: f SELECT INBOX
not: * CLOSED *
S1*: f OK *
C1: g SELECT INBOX (UNHEARD)
S1: g BAD *
C1: h CLOSE
S1: h OK *

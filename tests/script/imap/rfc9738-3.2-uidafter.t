# UIDAFTER and UIDBEFORE: one side of a uid, without it
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
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: ap OK *
C1: a SELECT INBOX
S1*: a OK *
C1: b1 UID SEARCH UIDAFTER 4
S1: * SEARCH 5 6
S1: b1 OK *
C1: b2 UID SEARCH UIDBEFORE 3 UNSEEN
S1: * SEARCH 1 2
S1: b2 OK *
# not as in UID 7:*, which the last message is always among
C1: c1 UID SEARCH UIDAFTER 6
S1: * SEARCH
S1: c1 OK *
C1: c2 UID SEARCH UIDAFTER 4294967295
S1: * SEARCH
S1: c2 OK *
C1: c3 UID SEARCH UIDBEFORE 1
S1: * SEARCH
S1: c3 OK *
C1: c4 SEARCH UIDAFTER 2 UIDBEFORE 5
S1: * SEARCH 3 4
S1: c4 OK *
C1: c5 SEARCH NOT UIDAFTER 2
S1: * SEARCH 1 2
S1: c5 OK *
# with SEARCHRES, in one packet
C1+: d1 UID SEARCH RETURN (SAVE) UIDAFTER 5
C1: d2 UID SEARCH UIDBEFORE 5 NOT $
S1: d1 OK *
S1: * SEARCH 1 2 3 4
S1: d2 OK *
C1: e1 SEARCH UIDAFTER 0
S1: e1 BAD *
C1: e2 SEARCH UIDAFTER *
S1: e2 BAD *
C1: e3 SEARCH UIDBEFORE 1:2
S1: e3 BAD *
C1: e4 SEARCH UIDBEFORE
S1: e4 BAD *

# SAVEDATE is when it came into this mailbox, whatever its internal date
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
C1: p1 APPEND INBOX " 1-Jan-2020 10:00:00 +0000" {${msg.size}+}
C1: ${msg}
S1*: p1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a1 FETCH 1 (INTERNALDATE SAVEDATE)
S1: /\* 1 FETCH \(INTERNALDATE " 1-Jan-2020 10:00:00 \+0000" SAVEDATE "[ 0-9]\d-[A-Z][a-z][a-z]-20(2[1-9]|[3-9]\d) \d\d:\d\d:\d\d \+0000"\)/
S1: a1 OK *
C1: a2 SEARCH SAVEDSINCE 2-Jan-2020
S1: * SEARCH 1
S1: a2 OK *
C1: a3 SEARCH SAVEDBEFORE 2-Jan-2020
S1: * SEARCH
S1: a3 OK *
C1: a4 SEARCH SAVEDON 1-Jan-2020
S1: * SEARCH
S1: a4 OK *
C1: a5 SEARCH SAVEDATESUPPORTED ON 1-Jan-2020
S1: * SEARCH 1
S1: a5 OK *
C1: a6 COPY 1 INBOX
S1*: a6 OK *
C1: a7 SEARCH ON 1-Jan-2020 SAVEDSINCE 2-Jan-2020
S1: * SEARCH 1 2
S1: a7 OK *
C1: a8 SEARCH SAVEDON
S1: a8 BAD *

# FILTER: stored search keys, also within each other
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * FILTERS *
let one <<END
From: boss@example.test
Subject: work

Now.
END
let two <<END
From: ann@example.test
Subject: hello

How are you?
END
C1: p1 APPEND INBOX {${one.size}+}
C1~: ${one}
C1~:  (\\Seen) {${two.size}+}\r\n${two}\r\n
S1*: p1 OK *
C1: a1 SELECT INBOX
S1*: a1 OK *
C1: a2 SETMETADATA "" (/private/filters/values/boss "FROM boss@example.test" /private/filters/values/new {28+}
C1: OR UNSEEN SUBJECT {5}
C1: hello)
S1: a2 OK *
C1: a3 SEARCH FILTER boss
S1: * SEARCH 1
S1: a3 OK *
C1: a4 SEARCH FILTER NEW
S1: * SEARCH 1 2
S1: a4 OK *
C1: a5 SEARCH NOT FILTER boss SUBJECT hello
S1: * SEARCH 2
S1: a5 OK *
C1: a6 SETMETADATA "" (/private/filters/values/both "FILTER boss FILTER new" /private/filters/descriptions/both "The boss, unread")
S1: a6 OK *
C1: a7 SEARCH RETURN (COUNT) FILTER both
S1: * ESEARCH (TAG "a7") COUNT 1
S1: a7 OK *
C1: a8 SEARCH NOT FILTER both
S1: * SEARCH 2
S1: a8 OK *
C1: a9 SORT (SUBJECT) UTF-8 FILTER new
S1: * SORT 2 1
S1: a9 OK *
C1: b1 SEARCH FILTER other
S1: b1 NO [UNDEFINED-FILTER other] *
C1: b2 SETMETADATA "" (/private/filters/values/loop "FILTER loop")
S1: b2 OK *
C1: b3 SEARCH FILTER loop
S1: b3 NO [UNDEFINED-FILTER loop] *
C1: b4 SETMETADATA "" (/private/filters/values/boss NIL)
S1: b4 OK *
C1: b5 SEARCH FILTER both
S1: b5 NO [UNDEFINED-FILTER boss] *
C1: b6 SEARCH CHARSET ISO-8859-1 FILTER new
S1: b6 BAD [BADCHARSET *
C1: b7 SEARCH CHARSET US-ASCII FILTER new
S1: * SEARCH 1 2
S1: b7 OK *

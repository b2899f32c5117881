# SEARCH, SORT and THREAD by modseq, and the highest one behind what they find
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
C1: s1 SELECT INBOX
S1*: * OK [HIGHESTMODSEQ ${first=\d+}] *
S1*: s1 OK *
C1: a STORE 1,3 +FLAGS.SILENT (\\Flagged)
S1: a OK *
C1: b SEARCH OR NOT MODSEQ 1 LARGER 50000
S1: * SEARCH
S1: * OK [HIGHESTMODSEQ ${second=\d+}] *
S1: b OK *
C1: c SEARCH MODSEQ ${second}
S1: * SEARCH 1 3 (MODSEQ ${second})
S1: c OK *
C1: d UID SEARCH MODSEQ "/flags/\\\\draft" all ${second} UNSEEN
S1: * SEARCH 1 3 (MODSEQ ${second})
S1: d OK *
C1: e SEARCH MODSEQ "/flags/$mdnsent" PRIV 0 SEEN
S1: * SEARCH 2 (MODSEQ ${first})
S1: e OK *
C1: f SEARCH MODSEQ "/flags/\\\\seen" none 1
S1: f BAD *
C1: g SEARCH MODSEQ "/other" all 1
S1: g BAD *
C1: h SEARCH MODSEQ 9223372036854775808
S1: h BAD *
C1: i SEARCH MODSEQ 9223372036854775807
S1: * SEARCH
S1: i OK *
C1: j SEARCH ALL
S1: * SEARCH 1 2 3
S1: j OK *
C1: k SEARCH RETURN (ALL) MODSEQ ${second}
S1: * ESEARCH (TAG "k") ALL 1,3 MODSEQ ${second}
S1: k OK *
C1: l SEARCH RETURN (MIN MAX) MODSEQ 1 SEEN
S1: * ESEARCH (TAG "l") MIN 2 MAX 2 MODSEQ ${first}
S1: l OK *
C1: m SEARCH RETURN (COUNT) MODSEQ 9223372036854775807
S1: * ESEARCH (TAG "m") COUNT 0
S1: m OK *
C1: n SEARCH RETURN (SAVE) MODSEQ ${second}
S1: n OK *
C1: o SORT (REVERSE FLAGGED) UTF-8 MODSEQ 1
S1: o BAD *
C1: p SORT (SIZE) UTF-8 MODSEQ ${second}
S1: * SORT 1 3 (MODSEQ ${second})
S1: p OK *
C1: q UID SORT RETURN (ALL) (SIZE) UTF-8 MODSEQ ${first} SEEN
S1: * ESEARCH (TAG "q") UID ALL 2 MODSEQ ${first}
S1: q OK *
C1: r THREAD ORDEREDSUBJECT UTF-8 MODSEQ ${second}
S1: * THREAD (1 3)
S1: r OK *
C1: t STORE $ (UNCHANGEDSINCE ${first}) +FLAGS.SILENT (\\Answered)
S1: * 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent) MODSEQ (${second}))
S1: * 3 FETCH (UID 3 FLAGS (\\Flagged \\Recent) MODSEQ (${second}))
S1: t OK [MODIFIED 1,3] *

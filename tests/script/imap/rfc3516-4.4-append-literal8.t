# literal8 in APPEND; NULs are refused, since BODY could not show them
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let good <<END
Subject: good

Text.
END
let bad = Subject: bad\r\n\r\na\0b\r\n
C1: a1 APPEND INBOX ~{${good.size}}
S1: + *
C1: ${good}
S1: a1 OK [APPENDUID *
C1: a2 APPEND INBOX (\\Seen) ~{${bad.size}+}
C1: ${bad}
S1: a2 NO [UNKNOWN-CTE] *
C1: a3 APPEND INBOX {${bad.size}+}
C1: ${bad}
S1: a3 NO [CANNOT] *
C1: a4 APPEND INBOX ~{${good.size}+}
C1~: ${good}
C1~:  {${good.size}+}\r\n${good}\r\n
S1: a4 OK [APPENDUID *
C1: a5 STATUS INBOX (MESSAGES)
S1: * STATUS INBOX (MESSAGES 3)
S1: a5 OK *
C1: a6 APPEND INBOX ~ {${good.size}}
S1: a6 BAD *
C1: a7 APPEND INBOX ~{${bad.size}+}
C1: ${bad}
S1: a7 NO [UNKNOWN-CTE] *

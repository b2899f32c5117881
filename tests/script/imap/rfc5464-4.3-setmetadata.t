# SETMETADATA: all or nothing; values of any bytes; limits
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE notes
S1: a1 OK *
C1: a2 SETMETADATA notes (/private/comment "one" /private/zero ~{3+}
C1~: a\0b
C1: )
S1: a2 OK *
C1: a3 GETMETADATA notes (/private/comment /private/zero)
S1: * METADATA notes (/private/comment "one" /private/zero ~{3}
S1: a\0b)
S1: a3 OK *
C1: a4 SETMETADATA notes (/private/comment {70000+}
C1~: ${'x'*70000}
C1: )
S1: a4 NO [METADATA MAXSIZE 65536] *
C1: a5 SETMETADATA notes (/private/comment {200000}
S1: a5 NO [METADATA MAXSIZE 65536] *
C1: a6 SETMETADATA notes (/private/other "x" /private/wrong/ "y")
S1: a6 BAD *
C1: a7 SETMETADATA notes (/private/comment NIL)
S1: a7 OK *
C1: a8 GETMETADATA notes (/private/comment /private/other)
S1: * METADATA notes (/private/comment NIL /private/other NIL)
S1: a8 OK *
C1: b1 SETMETADATA "" (/private/vendor/x/y "mine" /shared/comment "everybody's")
S1: b1 NO [NOPERM] *
C1: b2 SETMETADATA "" (/private/vendor/x/y "mine")
S1: b2 OK *
C1: b3 SETMETADATA "" (/shared/admin "mailto:me@example.test")
S1: b3 NO [NOPERM] *
C1: b4 GETMETADATA "" /private/vendor/x/y
S1: * METADATA "" (/private/vendor/x/y "mine")
S1: b4 OK *
C1~: c1 SETMETADATA notes (
C1~: /private/l0 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l1 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l2 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l3 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l4 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l5 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l6 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/l7 {65000+}\r\n
C1~: ${'x'*65000}
C1: )
S1: c1 OK *
C1~: c2 SETMETADATA notes (
C1~: /private/m0 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m1 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m2 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m3 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m4 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m5 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m6 {65000+}\r\n
C1~: ${'x'*65000}
C1~:  /private/m7 {65000+}\r\n
C1~: ${'x'*65000}
C1: )
S1: c2 OK *
C1~: c3 SETMETADATA INBOX (/private/small "x" /private/large {65000+}\r\n
C1~: ${'x'*65000}
C1: )
S1: c3 NO [METADATA TOOMANY] *
C1: c4 GETMETADATA INBOX /private/small
S1: * METADATA INBOX (/private/small NIL)
S1: c4 OK *

# STATUS SIZE is the sum of RFC822.SIZE
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
Subject: x

Text.
END
C1: p1 APPEND INBOX {${msg.size}+}
C1~: ${msg}
C1~:  {${msg.size}+}\r\n${msg}\r\n
S1*: p1 OK *
C1: a1 STATUS INBOX (SIZE MESSAGES)
S1: * STATUS INBOX (MESSAGES 2 SIZE 42)
S1: a1 OK *
C1: a2 STATUS Drafts (SIZE)
S1: * STATUS Drafts (SIZE 0)
S1: a2 OK *
C1: a3 LIST "" INBOX RETURN (STATUS (SIZE))
S1: * LIST (\\HasNoChildren) "/" INBOX
S1: * STATUS INBOX (SIZE 42)
S1: a3 OK *

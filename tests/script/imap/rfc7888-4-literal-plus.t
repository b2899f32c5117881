# literals that do not wait, in one packet with what follows
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1+: a CREATE {3+}
C1+: one
C1: b STATUS {3+}\r\none (MESSAGES)
S1: a OK *
S1: * STATUS one (MESSAGES 0)
S1: b OK *

# a name that only has others below it says so
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE x/y
S1: a OK *
C1: b DELETE x
S1: b OK *
C1: c DELETE x
S1: c NO [HASCHILDREN] *
C1: d DELETE INBOX
S1: d NO [CANNOT] *
C1: e DELETE z
S1: e NO [NONEXISTENT] *
C1: f SELECT x
S1: f NO *

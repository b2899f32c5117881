# capabilities before and after login
account carol
connect1 imap tls
S1: * OK [CAPABILITY IMAP4rev1 *AUTH=PLAIN*] *
C1: a1 CAPABILITY
S1: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR *
S1: a1 OK *
C1: a2 LOGIN ${carol} ${carol.password}
S1: a2 OK [CAPABILITY IMAP4rev1 *MOVE*] *
C1: a3 CAPABILITY
S1: * CAPABILITY IMAP4rev1 *UIDPLUS*
S1: a3 OK *

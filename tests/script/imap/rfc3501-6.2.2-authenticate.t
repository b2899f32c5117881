# AUTHENTICATE PLAIN and LOGIN, with and without an initial response
account carol
connect1 imap tls
S1: * OK *
C1: a AUTHENTICATE PLAIN ${carol.plain}
S1: a OK *
connect2 imap tls
S2: * OK *
C2: b AUTHENTICATE PLAIN
S2: + *
C2: \*
S2: b BAD *
C2: c AUTHENTICATE LOGIN
S2: + *
C2: ${carol.user64}
S2: + *
C2: ${carol.password64}
S2: c OK *
connect3 imap tls
S3: * OK *
C3: d AUTHENTICATE X-NONE
S3: d NO *

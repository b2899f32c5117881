# no password in clear text, STARTTLS, and nothing may come along with it
account carol
connect1 imap
S1: * OK [CAPABILITY *STARTTLS*LOGINDISABLED*] *
C1: a LOGIN ${carol} ${carol.password}
S1: a NO [PRIVACYREQUIRED] *
C1: b STARTTLS
S1: b OK *
starttls1
C1: c LOGIN ${carol} ${carol.password}
S1: c OK *
connect2 imap
S2: * OK *
C2+: d STARTTLS
C2: e NOOP
S2: d BAD *
not: e *
S2: * BYE Nothing may follow STARTTLS *
eof2

# LOGIN with atoms, quoted strings and literals; a wrong password
account carol
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} {${carol.password.size}}
S1: + *
C1: ${carol.password}
S1: a OK *
connect2 imap tls
S2: * OK *
C2: b LOGIN "${carol}" "wrong"
S2: b NO [AUTHENTICATIONFAILED] *

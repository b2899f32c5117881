# What a refused login is told: more to who has the password than to strangers (RFC 5530 section 3, RFC 3206 section 4, RFC 5248 section 2.4).
account carol
account dave
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} wrong
S1: a NO [AUTHENTICATIONFAILED] *
C1: b AUTHENTICATE PLAIN ${base64:${dave}\0${carol}\0${carol.password}}
S1: b NO [AUTHORIZATIONFAILED] *
close1
run: account disable ${carol}
out*: *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2: a NO [CONTACTADMIN] *
C2: b LOGIN ${carol} wrong
S2: b NO [AUTHENTICATIONFAILED] *
close2
connect3 pop3 tls
S3: +OK *
C3: USER ${carol}
S3: +OK*
C3: PASS ${carol.password}
S3: -ERR [SYS/PERM] *
C3: USER ${carol}
S3: +OK*
C3: PASS wrong
S3: -ERR [AUTH] *
close3
connect4 submission tls
S4: 220 *
C4: EHLO client.example
S4*: 250 *
C4: AUTH PLAIN ${carol.plain}
S4: 525 5.7.13 *
C4: AUTH PLAIN ${base64:\0${carol}\0wrong}
S4: 535 5.7.8 *

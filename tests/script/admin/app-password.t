# An app password opens what it is for, on every protocol, until it is revoked, which ends what it opened and nothing else.
account carol
run: app-password add ${carol} --name Phone --json
out: {"account":"${carol}","id":"${id=[0-9]+}","name":"Phone","protocols":"all",*"last_use":"never",*"password":"${app=[a-z2-9-]{30}}"}
run: app-password add ${carol} --name Tablet --protocols imap --json
out: *"password":"${tablet=[a-z2-9-]{30}}"}
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${app}
S1*: a OK *
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2*: a OK *
connect3 pop3 tls
S3: +OK *
C3: USER ${carol}
S3: +OK*
C3: PASS ${app}
S3: +OK*
C3: QUIT
S3: +OK*
connect4 submission tls
S4: 220 *
C4: EHLO client.example
S4*: 250 *
C4: AUTH LOGIN
S4: 334 *
C4: ${carol.user64}
S4: 334 *
C4: ${base64:${app}}
S4: 235 *
connect5 submission tls
S5: 220 *
C5: EHLO client.example
S5*: 250 *
C5: AUTH PLAIN ${carol.plain}
S5: 235 *
connect6 pop3 tls
S6: +OK *
C6: USER ${carol}
S6: +OK*
C6: PASS ${tablet}
S6: -ERR [AUTH]*
connect7 imap tls
S7: * OK *
C7: a LOGIN ${carol} "${tablet}"
S7*: a OK *
run: app-password list ${carol} --json
out: {"app_passwords":[{"id":"${id}","name":"Phone",*"last_use":"20*"last_address":"127.0.0.1"},{*"Tablet"*"imap"*"last_use":"20*}]}
run: app-password remove ${carol} Phone
out*: *Phone*
S1: * BYE *
eof1
S4: 421 4.7.0 *
C5: MAIL FROM:<${carol}>
S5: 250 *
C2: b NOOP
S2*: b OK *
C7: b NOOP
S7*: b OK *
connect8 imap tls
S8: * OK *
C8: a LOGIN ${carol} ${app}
S8: a NO [AUTHENTICATIONFAILED] *

# IMAP and POP3 sessions are listed with what they do, and no longer when they have ended.
account carol
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${carol.password}
S1*: a OK *
C1: b SELECT INBOX
S1*: b OK *
C1: c IDLE
S1: + *
connect2 pop3 tls
S2: +OK*
C2: USER ${carol}
S2: +OK*
C2: PASS ${carol.password}
S2: +OK*
run: sessions
out*: /imap .*${carol} .*yes .*INBOX .*IDLE.*/
run: sessions --json
out: {"sessions":*"service":"pop3","user":"${carol}"*
C1: DONE
S1*: c OK *
C1: d LOGOUT
S1*: d OK *
eof1
C2: QUIT
S2: +OK*
eof2

# Letters of an account whose brake is pulled are taken and held, those to people here too, until an administrator lets them go; its owner is told.
account carol
run: brake set ${carol}
run: brake list --json
out*: *"account":"${carol}"*"sign":"by-hand"*
connect1 submission tls
S1: 220 *
C1: EHLO c.example
S1*: 250 *
C1: AUTH PLAIN ${carol.plain}
S1: 235 *
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: RCPT TO:<somebody@elsewhere.example>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
Subject: while it was held

x
.
END
S1: 250 2.0.0 *
run: queue list --held --account ${carol} --json
out*: *"state":"held","why":"brake: by an administrator"*"recipients":["${carol}","somebody@elsewhere.example"]*
wait 1
connect2 imap tls
S2: * OK *
C2: a1 LOGIN ${carol} ${carol.password}
S2*: a1 OK *
C2: a2 SELECT INBOX
S2*: a2 OK *
C2: a3 SEARCH SUBJECT "while it was held"
S2: * SEARCH
S2: a3 OK *
C2: a4 SEARCH SUBJECT "Your letters are on hold" FROM MAILER-DAEMON TEXT "An administrator has wanted it so."
S2: * SEARCH ${n=\d+}
S2: a4 OK *
run: brake lift ${carol}
run: brake lift ${carol}
run: queue release --account ${carol} --json
out: {"released":1,"left_alone":0}
C2: a5 IDLE
S2: + *
S2*: * ${m=\d+} EXISTS
C2: DONE
S2*: a5 OK *
C2: a6 SEARCH SUBJECT "while it was held"
S2: * SEARCH ${m}
S2: a6 OK *
C1: MAIL FROM:<${carol}>
S1: 250 *
C1: RCPT TO:<${carol}>
S1: 250 *
C1: DATA
S1: 354 *
C1<<END
Subject: and then

x
.
END
S1: 250 2.0.0 *
run: queue list --held --account ${carol} --json
out: {"letters":[]}

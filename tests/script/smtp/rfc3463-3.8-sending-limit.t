# An account may hand in so much in an hour and a day; then it is told when there is room again (450 4.7.1). What comes to nothing is not counted. Size and recipients of a letter have limits of its own.
account carol
run: account set ${carol} --letters-hour 2 --recipients-day 5 --letter-recipients 2 --letter-size 4K
out*: *letters hour:*2*
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${carol.plain}
S: 235 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: RSET
S: 250 *
C: MAIL FROM:<${carol}> SIZE=5000
S: 250 *
C: RCPT TO:<${carol}>
S: 552 5.3.4 *4096*
C: RSET
S: 250 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: RCPT TO:<one@elsewhere.example>
S: 250 *
C: RCPT TO:<two@elsewhere.example>
S: 452 4.5.3 *
C: DATA
S: 354 *
C<<END
Subject: one

x
.
END
S: 250 2.0.0 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
Subject: too large

${'0123456789abcdefghijklmnopqrstuvwxyz'*120}
.
END
S: 55* 5.*
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: 250 *
C: DATA
S: 354 *
C<<END
Subject: two

x
.
END
S: 250 2.0.0 *
C: MAIL FROM:<${carol}>
S: 250 *
C: RCPT TO:<${carol}>
S: /450 4\.7\.1 .*2 letters an hour of your account; again in [0-9]+ minutes/
C: QUIT
S: 221 *
run: account show ${carol} --json
out: *"letters_hour":2,"sent_letters_hour":"2 of 2"*"sent_recipients_day":"3 of 5"*
run: account set ${carol} --letters-hour none
connect2 submission tls
S2: 220 *
C2: EHLO c.example
S2*: 250 *
C2: AUTH PLAIN ${carol.plain}
S2: 235 *
C2: MAIL FROM:<${carol}>
S2: 250 *
C2: RCPT TO:<${carol}>
S2: 250 *

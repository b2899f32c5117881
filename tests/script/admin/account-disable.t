# Disabling an account ends its sessions, and takes login and mail from it until it is enabled again.
account carol
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${carol.password}
S1*: a OK *
connect2 smtp
S2: 220 *
C2: HELO c.example
S2: 250 *
run: account disable ${carol} --reason "on leave"
out*: *on leave
S1: * BYE *
eof1
C2: MAIL FROM:<x@far.example>
S2: 250 *
C2: RCPT TO:<${carol}>
S2: 550 5.2.1 *
connect3 imap tls
S3: * OK *
C3: a LOGIN ${carol} ${carol.password}
S3*: a NO *
run: account enable ${carol}
C2: RCPT TO:<${carol}>
S2: 250 *
C3: b LOGIN ${carol} ${carol.password}
S3*: b OK *

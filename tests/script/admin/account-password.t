# A new password ends the sessions of the old one, which opens nothing any more.
account carol
connect1 imap tls
S1: * OK *
C1: a LOGIN ${carol} ${carol.password}
S1*: a OK *
run: account password ${carol} --password-stdin <<END
another-secret
END
S1: * BYE *
eof1
connect2 imap tls
S2: * OK *
C2: a LOGIN ${carol} ${carol.password}
S2*: a NO *
C2: b LOGIN ${carol} another-secret
S2*: b OK *

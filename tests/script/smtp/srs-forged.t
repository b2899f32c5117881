# An address that an alias' letters might have left under leads out only with our own signature; else nobody is there, not even behind a catch-all.
run: alias add @example.test ${bob}
connect smtp
S: 220 *
C: EHLO client.example
S*: 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<whoever@example.test>
S: 250 *
C: RCPT TO:<SRS0=abcdef=ab=elsewhere.example=someone@example.test>
S: 550 5.1.1 *
C: RCPT TO:<srs1=abcdef=elsewhere.example==hh=tt=there.example=someone@example.test>
S: 550 5.1.1 *
C: RCPT TO:<SRS0=@example.test>
S: 550 5.1.1 *
C: RCPT TO:<SRS0==@example.test>
S: 550 5.1.1 *
C: RCPT TO:<SRS1=@example.test>
S: 550 5.1.1 *
C: RCPT TO:<SRS0=abcdef=ab=elsewhere.example=someone@elsewhere.example>
S: 550 5.7.1 *
C: RSET
S: 250 *
C: QUIT
S: 221 *
run: alias remove @example.test

# QUIT answers 221 and closes (RFC 5321 4.1.1.10).
connect smtp
S: 220 *
C: QUIT now
S: 501 5.5.4 *
C: QUIT
S: 221 2.0.0 *
eof

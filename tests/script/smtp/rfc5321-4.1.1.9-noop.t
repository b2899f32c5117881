# NOOP does nothing, at any time, also with a parameter (RFC 5321 4.1.1.9).
connect smtp
S: 220 * ESMTP *
C: NOOP
S: 250 2.0.0 *
C: EHLO client.example
not: 250?NOOP*
S*: 250 *
C: NOOP anything
S: 250 2.0.0 *
C: QUIT
S: 221 2.0.0 *
eof

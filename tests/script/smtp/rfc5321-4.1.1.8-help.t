# HELP lists the commands, and tells of one (RFC 5321 4.1.1.8).
connect smtp
S: 220 *
C: HELP
not: *EXPN*
S: 214 2.0.0 * MAIL *
C: HELP rcpt
S: 214 2.0.0 Syntax: RCPT TO:<address> *
C: HELP unknown
S: 504 5.5.4 *

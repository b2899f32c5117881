# HELP lists the commands (RFC 5321 4.1.1.8).
connect smtp
S: 220 *
C: HELP
S: 214 2.0.0 * MAIL *

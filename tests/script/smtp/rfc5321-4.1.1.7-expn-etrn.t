# EXPN and ETRN are known and refused (RFC 5321 4.1.1.7, RFC 1985).
connect smtp
S: 220 *
C: EHLO client.example
S*: 250 HELP
C: EXPN staff
S: 502 5.5.1 EXPN *
C: ETRN example.test
S: 502 5.5.1 ETRN *

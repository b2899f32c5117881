# Addresses in UTF-8 need the parameter (RFC 6531 3.4, 3.5).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C: MAIL FROM:<j\xc3\xb6rg@b.example>
S: 553 5.6.7 *
C: MAIL FROM:<j\xc3\xb6rg@b.example> SMTPUTF8=1
S: 501 5.5.4 *
C: MAIL FROM:<j\xc3\xb6rg@b.example> SMTPUTF8
S: 250 *

# A command that ends in a bare LF is not executed; the connection is closed (RFC 5321 2.3.8).
connect smtp
S: 220 *
C~: NOOP\n
S: 500 5.5.2 *
eof

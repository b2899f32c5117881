# STLS is refused behind UTF8 (RFC 6856 2.1).
connect pop3
S: +OK *
C: UTF8
S: +OK *
C: STLS
S: -ERR *
C: NOOP
S: +OK*

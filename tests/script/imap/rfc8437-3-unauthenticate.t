# UNAUTHENTICATE under TLS: another user logs in, with commands sent ahead; nothing of the first one is left
account carol
account dave
connect1 imap tls
S1: * OK *
C1: u0 UNAUTHENTICATE
S1: u0 BAD *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *UNAUTHENTICATE*
C1: a1 CREATE of-carol
S1*: a1 OK *
C1: a2 SELECT of-carol
S1*: a2 OK *
C1: a3 ENABLE IMAP4rev2
S1*: a3 OK *
C1: a4 UNAUTHENTICATE now
S1: a4 BAD *
C1+: a5 UNAUTHENTICATE
C1+: a6 NOOP
C1+: a7 SELECT of-carol
C1+: a8 LOGIN ${dave} ${dave.password}
C1: a9 SELECT of-carol
S1: a5 OK *
S1: a6 OK *
S1: a7 BAD *
S1: a8 OK *
S1: a9 NO [NONEXISTENT] *
C1: b1 SELECT INBOX
S1*: * 0 EXISTS
S1*: b1 OK *
C1: b2 FETCH 1 FLAGS
S1: b2 BAD *
C1: b3 UNAUTHENTICATE
S1: b3 OK *
C1: b4 LOGIN ${dave} wrong
S1: b4 NO [AUTHENTICATIONFAILED] *
C1: b5 AUTHENTICATE PLAIN ${carol.plain}
S1*: b5 OK *
C1: b6 STATUS of-carol (MESSAGES)
S1: * STATUS of-carol (MESSAGES 0)
S1: b6 OK *
C1: b7 LOGOUT
S1: * BYE *
S1: b7 OK *
eof1

# UTF-8 in quoted strings once it is enabled, in both directions; bad UTF-8 is BAD; SEARCH has no CHARSET
account carol
connect1 imap tls
S1: * OK [CAPABILITY *UTF8=ACCEPT* *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY *UTF8=ACCEPT* *
C1: a CREATE "gr\xc3\xbcn"
S1: a OK *
C1: b LIST "" "gr\xc3\xbc*"
S1: * LIST (*) "/" gr&APw-n
S1: b OK *
C1: c SUBSCRIBE "gr\xc3\xbcn"
S1: c OK *
C1: d CREATE "gr\xc3"
S1: d BAD *
C1: e ENABLE utf8=accept
S1: * ENABLED UTF8=ACCEPT
S1: e OK *
C1: f LIST "" gr*
S1: * LIST (*) "/" "gr\xc3\xbcn"
S1: f OK *
C1: g LSUB "" gr*
S1: * LSUB (*) "/" "gr\xc3\xbcn"
S1: g OK *
C1: h SELECT "gru\xcc\x88n"
not: /.* LIST .*/
S1*: * 0 RECENT
S1*: h OK *
C1: i SEARCH CHARSET UTF-8 SUBJECT x
S1: i BAD *
C1: j SEARCH SUBJECT "\xc3\xbc"
S1: * SEARCH
S1: j OK *
C1: k SELECT gr&APw-n
S1: * OK [CLOSED] *
S1: k NO [NONEXISTENT] *
C1: l FETCH 1 BODY[HEADER.FIELDS ("\xc3\xbc")]
S1: l BAD *

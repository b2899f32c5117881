# languages: those that are spoken, one that is, by its region too, one that is not; before and after login
account carol
connect1 imap tls
S1: * OK [CAPABILITY * LANGUAGE *
C1: a LANGUAGE
S1: * LANGUAGE (en i-default)
S1: a OK *
C1: b LANGUAGE MUL
S1: b NO *
C1: c LANGUAGE FR-CA EN-CA
S1: * LANGUAGE (en)
S1: c OK *
C1: d LANGUAGE "default"
S1: * LANGUAGE (i-default)
S1: d OK *
C1: e LANGUAGE en_US
S1: e BAD *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * LANGUAGE *
C1: f LANGUAGE {2+}\r\nEN
S1: * LANGUAGE (en)
S1: f OK *
C1: g LANGUAGE de *
S1: * LANGUAGE (i-default)
S1: g OK *
C1: h LANGUAGE de
S1: h NO *
C1: i LANGUAGE en-a-private-
S1: i BAD *
C1: j LANGUAGE en-x-private
S1: * LANGUAGE (en)
S1: j OK *
C1: k LANGUAGE ""
S1: k BAD *

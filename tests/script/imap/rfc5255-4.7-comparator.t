# COMPARATOR: the one there is, found by name, by pattern and as the default, and turned round for SORT
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY *I18NLEVEL=2*
C1: a COMPARATOR
S1: * COMPARATOR i;unicode-casemap
S1: a OK *
C1: b COMPARATOR "cz;*" i;basic
S1: b NO [BADCOMPARATOR] *
C1: c COMPARATOR "cz;*" "i;*"
S1: * COMPARATOR i;unicode-casemap
S1: c OK *
C1: d COMPARATOR default
S1: * COMPARATOR i;unicode-casemap
S1: d OK *
C1: e COMPARATOR "i;**"
S1: e BAD *
C1: f COMPARATOR "a b"
S1: f BAD *
C1: g1 APPEND INBOX {14+}\r\nSubject: b\r\n\r\n
S1*: g1 OK *
C1: g2 APPEND INBOX {14+}\r\nSubject: A\r\n\r\n
S1*: g2 OK *
C1: g3 APPEND INBOX {14+}\r\nSubject: C\r\n\r\n
S1*: g3 OK *
C1: h SELECT INBOX
S1*: h OK *
C1: i SORT (SUBJECT) UTF-8 ALL
S1: * SORT 2 1 3
S1: i OK *
C1: j COMPARATOR -i;unicode-casemap
S1: * COMPARATOR -i;unicode-casemap
S1: j OK *
C1: k SORT (SUBJECT) UTF-8 ALL
S1: * SORT 3 1 2
S1: k OK *
C1: l SORT (REVERSE SUBJECT) UTF-8 ALL
S1: * SORT 2 1 3
S1: l OK *
C1: m SORT (ARRIVAL) UTF-8 ALL
S1: * SORT 1 2 3
S1: m OK *
C1: n COMPARATOR +i;unicode-casemap
S1: * COMPARATOR i;unicode-casemap
S1: n OK *

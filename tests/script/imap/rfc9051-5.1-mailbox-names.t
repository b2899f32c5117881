# names are UTF-8 in normal form; what was given in another one is told by OLDNAME; who has not enabled it sees modified UTF-7
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a ENABLE IMAP4rev2
S1*: a OK *
C1: b CREATE "Entw\xc3\xbcrfe"
S1: b OK *
C1: c CREATE "Cafe\xcc\x81"
S1: * LIST () "/" "Caf\xc3\xa9" ("OLDNAME" ("Cafe\xcc\x81"))
S1: c OK *
C1: d CREATE "Caf\xc3\xa9"
S1: d NO [ALREADYEXISTS] *
C1: e SELECT "Cafe\xcc\x81"
S1*: * LIST () "/" "Caf\xc3\xa9" ("OLDNAME" ("Cafe\xcc\x81"))
S1: e OK *
C1: f APPEND "Cafe\xcc\x81" {1+}
C1: x
S1: * LIST () "/" "Caf\xc3\xa9" ("OLDNAME" ("Cafe\xcc\x81"))
S1*: f OK [APPENDUID *
C1: g UNSELECT
S1: g OK *
C1: h RENAME "Cafe\xcc\x81" "The\xcc\x81"
S1: * LIST () "/" "Th\xc3\xa9" ("OLDNAME" ("Cafe\xcc\x81"))
S1: h OK *
C1: i RENAME "Th\xc3\xa9" "Cafe\xcc\x81"
S1: * LIST () "/" "Caf\xc3\xa9" ("OLDNAME" ("Th\xc3\xa9"))
S1: i OK *
C1: j RENAME "Caf\xc3\xa9" "\xe8\x8c\xb6"
S1: j OK *
C1: k CREATE "a&b"
S1: k OK *
C1: l LIST "" "*\xbc"
S1: l BAD *
C1: m LIST "" ("Entw*" "\xe8\x8c\xb6%" "a*")
S1{
* LIST (*) "/" "Entw\xc3\xbcrfe"
* LIST (*) "/" "\xe8\x8c\xb6"
* LIST (*) "/" a&b
}
S1: m OK *
C1: n STATUS "\xe8\x8c\xb6" (MESSAGES)
S1: * STATUS "\xe8\x8c\xb6" (MESSAGES 1)
S1: n OK *
C1: o CREATE "a\xc2\x85b"
S1: o NO [CANNOT] *
C1: p CREATE "a\xe2\x80\xa8b"
S1: p NO [CANNOT] *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${carol} ${carol.password}
S2*: l2 OK *
C2: a LIST "" ("Entw&APw-*" "&*" "a*")
S2{
* LIST (*) "/" Entw&APw-rfe
* LIST (*) "/" a&-b
}
S2: a OK *
C2: b STATUS &gzY- (MESSAGES)
S2: * STATUS &gzY- (MESSAGES 1)
S2: b OK *
C2: c STATUS "\xe8\x8c\xb6" (MESSAGES)
S2: * STATUS &gzY- (MESSAGES 1)
S2: c OK *
C1: q DELETE "Entwu\xcc\x88rfe"
S1: * LIST (\\NonExistent) "/" "Entw\xc3\xbcrfe" ("OLDNAME" ("Entwu\xcc\x88rfe"))
S1: q OK *

# LIST: separator, wildcards, modified UTF-7, special uses
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a LIST "" ""
S1: * LIST (\\Noselect) "/" ""
S1: a OK *
C1: b LIST "" %
S1{
* LIST (\\HasNoChildren) "/" INBOX
* LIST (\\HasNoChildren \\Archive) "/" Archive
* LIST (\\HasNoChildren \\Drafts) "/" Drafts
* LIST (\\HasNoChildren \\Junk) "/" Junk
* LIST (\\HasNoChildren \\Sent) "/" Sent
* LIST (\\HasNoChildren \\Trash) "/" Trash
}
S1: b OK *
C1: c CREATE "Entw&APw-rfe"
S1: c OK *
C1: d LIST "" E%e
S1: * LIST (\\HasNoChildren) "/" Entw&APw-rfe
S1: d OK *
C1: e CREATE "a&b"
S1: e NO *

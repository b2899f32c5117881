# CREATE with levels, twice, and INBOX
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a CREATE ${mailbox}/one/
S1: a OK *
C1: b CREATE ${mailbox}/one
S1: b NO [ALREADYEXISTS] *
C1: c CREATE INBOX
S1: c NO *
C1: d LIST "" ${mailbox}*
S1: * LIST (\\HasChildren) "/" ${mailbox}
S1: * LIST (\\HasNoChildren) "/" ${mailbox}/one
S1: d OK *

# a new account has its special mailboxes, subscribed
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: b LSUB "" %
S1{
* LSUB () "/" INBOX
* LSUB () "/" Archive
* LSUB () "/" Drafts
* LSUB () "/" Junk
* LSUB () "/" Sent
* LSUB () "/" Trash
}
S1: b OK *

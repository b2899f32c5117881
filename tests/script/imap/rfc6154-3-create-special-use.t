# CREATE with USE, where no other mailbox has it
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE Mine (USE (\\Sent))
S1: a1 NO [USEATTR] *
C1: a2 LIST "" Mine
S1: a2 OK *
C1: a3 DELETE Sent
S1: a3 OK *
C1: a4 CREATE Mine/Gesendet (USE (\\Sent))
S1: a4 OK *
C1: a5 LIST "" Mine*
S1: * LIST (\\HasChildren) "/" Mine
S1: * LIST (\\HasNoChildren \\Sent) "/" Mine/Gesendet
S1: a5 OK *
C1: a6 CREATE All (USE (\\All))
S1: a6 NO [USEATTR] *
C1: a7 CREATE Two (USE (\\Drafts \\Sent))
S1: a7 NO [USEATTR] *
C1: a8 CREATE Odd (USE (\\Unheard))
S1: a8 NO [USEATTR] *
C1: a9 CREATE Bad (USE)
S1: a9 BAD *
C1: a10 CREATE Bad (USE (Sent))
S1: a10 BAD *
C1: a11 CREATE Bad (SIZE 5)
S1: a11 BAD *
C1: a12 CREATE Plain (USE ())
S1: a12 OK *
C1: a13 LIST "" (Plain Bad All Two Odd)
S1: * LIST (\\HasNoChildren) "/" Plain
S1: a13 OK *
C1: a14 CREATE Mine (USE (\\Junk))
S1: a14 NO [ALREADYEXISTS] *

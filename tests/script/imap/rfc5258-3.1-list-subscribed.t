# LIST (SUBSCRIBED): attributes are those of the mailbox; what does not exist says so
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE Fruit
S1: a1 OK *
C1: a2 CREATE Fruit/Apple
S1: a2 OK *
C1: a3 CREATE Fruit/Banana
S1: a3 OK *
C1: a4 UNSUBSCRIBE INBOX
S1: a4 OK *
C1: a5 UNSUBSCRIBE Archive
S1: a5 OK *
C1: a6 UNSUBSCRIBE Drafts
S1: a6 OK *
C1: a7 UNSUBSCRIBE Junk
S1: a7 OK *
C1: a8 UNSUBSCRIBE Sent
S1: a8 OK *
C1: a9 UNSUBSCRIBE Trash
S1: a9 OK *
C1: a10 SUBSCRIBE Fruit/Banana
S1: a10 OK *
C1: a11 SUBSCRIBE Fruit/Peach
S1: a11 OK *
C1: a12 LIST (SUBSCRIBED) "" "*"
S1: * LIST (\\HasNoChildren \\Subscribed) "/" Fruit/Banana
S1: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" Fruit/Peach
S1: a12 OK *
C1: a13 LIST () "" Fruit/% RETURN (SUBSCRIBED CHILDREN)
S1: * LIST (\\HasNoChildren) "/" Fruit/Apple
S1: * LIST (\\HasNoChildren \\Subscribed) "/" Fruit/Banana
S1: a13 OK *
C1: a14 LIST (REMOTE SUBSCRIBED SUBSCRIBED) "" %
S1: a14 OK *
C1: a15 SUBSCRIBE Fruit
S1: a15 OK *
C1: a16 LIST (subscribed) "" %
S1: * LIST (\\HasChildren \\Subscribed) "/" Fruit
S1: a16 OK *
C1: a17 LIST (REMOTE) "" Fruit
S1: * LIST (\\HasChildren) "/" Fruit
S1: a17 OK *

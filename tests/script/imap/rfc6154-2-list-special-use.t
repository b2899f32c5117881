# LIST (SPECIAL-USE), and as a return option
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CREATE Sent/2025
S1: a1 OK *
C1: a2 LIST (SPECIAL-USE) "" *
S1: * LIST (\\HasNoChildren \\Archive) "/" Archive
S1: * LIST (\\HasNoChildren \\Drafts) "/" Drafts
S1: * LIST (\\HasNoChildren \\Junk) "/" Junk
S1: * LIST (\\HasChildren \\Sent) "/" Sent
S1: * LIST (\\HasNoChildren \\Trash) "/" Trash
S1: a2 OK *
C1: a3 LIST "" S* RETURN (SPECIAL-USE)
S1: * LIST (\\HasChildren \\Sent) "/" Sent
S1: * LIST (\\HasNoChildren) "/" Sent/2025
S1: a3 OK *
C1: a4 UNSUBSCRIBE Archive
S1: a4 OK *
C1: a5 UNSUBSCRIBE Drafts
S1: a5 OK *
C1: a6 SUBSCRIBE Sent/2025
S1: a6 OK *
C1: a7 LIST (SPECIAL-USE SUBSCRIBED) "" *
S1: * LIST (\\HasNoChildren \\Junk \\Subscribed) "/" Junk
S1: * LIST (\\HasChildren \\Sent \\Subscribed) "/" Sent
S1: * LIST (\\HasNoChildren \\Trash \\Subscribed) "/" Trash
S1: a7 OK *
C1: a8 LIST (SPECIAL-USE RECURSIVEMATCH) "" *
S1: a8 BAD *

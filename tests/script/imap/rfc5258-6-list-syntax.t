# what extended LIST refuses
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 LIST (BOGUS) "" *
S1: a1 BAD *
C1: a2 LIST (CHILDREN) "" *
S1: a2 BAD *
C1: a3 LIST (SUBSCRIBED)"" *
S1: a3 BAD *
C1: a4 LIST "" * RETURN
S1: a4 BAD *
C1: a5 LIST "" * RETURN (REMOTE)
S1: a5 BAD *
C1: a6 LIST "" * RETURN (STATUS)
S1: a6 BAD *
C1: a7 LIST "" * RETURN (STATUS ())
S1: a7 BAD *
C1: a8 LIST "" * RETURN (STATUS (BOGUS))
S1: a8 BAD *
C1: a9 LIST "" ()
S1: a9 BAD *
C1: a10 LIST "" (a
S1: a10 BAD *
C1: a11 LIST "" * (CHILDREN)
S1: a11 BAD *
C1: a12 LSUB "" (a b)
S1: a12 BAD *

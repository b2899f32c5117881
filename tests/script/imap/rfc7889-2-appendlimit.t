# APPENDLIMIT is announced, told by STATUS, and holds
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 CAPABILITY
S1: * CAPABILITY * APPENDLIMIT=${limit=\d+}
S1: a1 OK *
C1: a2 STATUS INBOX (APPENDLIMIT)
S1: * STATUS INBOX (APPENDLIMIT ${limit})
S1: a2 OK *
C1: a3 LIST "" INBOX RETURN (STATUS (APPENDLIMIT MESSAGES))
S1: * LIST (\\HasNoChildren) "/" INBOX
S1: * STATUS INBOX (MESSAGES 0 APPENDLIMIT ${limit})
S1: a3 OK *
C1: a4 APPEND INBOX {${limit}1}
S1: a4 NO [TOOBIG] *

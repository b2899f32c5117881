# COMPRESS after STARTTLS, and what may not follow it
account carol
connect1 imap
S1: * OK *
C1: s STARTTLS
S1: s OK *
starttls1
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
# commands that were sent before the answer are not compressed, so it does not begin
C1+: a1 COMPRESS DEFLATE
C1: a2 NOOP
S1: a1 BAD *
S1: a2 OK *
C1: a3 COMPRESS DEFLATE
S1: a3 OK *
compress1
C1: b1 NOOP
S1: b1 OK *
C1: b2 LOGOUT
S1: * BYE *
S1: b2 OK *

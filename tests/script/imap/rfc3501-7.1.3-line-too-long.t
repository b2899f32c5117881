# a command whose line is too long is refused under its tag, and the session goes on
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: long SEARCH ${'NOT ALL '*10000}
S1: long BAD *
C1: a NOOP
S1: a OK *
C1: ${'x'*70000}
S1: * BAD *
C1: b NOOP
S1: b OK *

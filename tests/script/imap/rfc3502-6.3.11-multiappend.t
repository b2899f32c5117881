# APPEND of several messages: each with flags and date of its own, all or none
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let one <<END
Subject: One

first
END
let two <<END
Subject: Two

second
END
let three <<END
Subject: Three

third
END

C1: a CREATE Several
S1: a OK *
C1: b APPEND Several (\\Seen \$A) " 2-Feb-2026 11:00:00 +0100" {${one.size}}
S1: + *
C1: ${one} (\\Flagged) {${two.size}+}
C1: ${two} {${three.size}+}
C1: ${three}
S1: b OK [APPENDUID ${v=[0-9]+} 1:3] *
C1: c SELECT Several
S1*: c OK *
C1: d FETCH 1:3 (FLAGS RFC822.SIZE)
S1: * 1 FETCH (FLAGS (\\Seen \\Recent \$A) RFC822.SIZE ${one.size})
S1: * 2 FETCH (FLAGS (\\Flagged \\Recent) RFC822.SIZE ${two.size})
S1: * 3 FETCH (FLAGS (\\Recent) RFC822.SIZE ${three.size})
S1: d OK *
# the second one can't be: none is added, and what follows it is thrown away
C1: e APPEND Several {${one.size}+}
C1: ${one} {0+}
C1:  (\\Seen) {${three.size}+}
C1: ${three}
S1: e NO *
C1: f NOOP
S1: f OK *
C1: g STATUS Several (MESSAGES)
S1: * STATUS Several (MESSAGES 3)
S1: g OK *
# uids are for the command line's own sessions
C1: h APPEND Several UID 9 9 9 {5}
S1: h BAD *

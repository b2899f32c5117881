# APPEND with flags and date; no such mailbox
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
To: bob@example.test
Cc: cc@example.test
Subject: Greetings from afar
Date: Mon, 02 Feb 2026 10:00:00 +0100
Message-ID: <one@example.test>

Dear Bob,
all is well.
END

C1: a APPEND Drafts (\\Draft \$Label) " 2-Feb-2026 11:00:00 +0100" {${msg.size}}
S1: + *
C1: ${msg}
S1: a OK [APPENDUID ${v=[0-9]+} 1] *
C1: b SELECT Drafts
S1*: b OK *
C1: c FETCH 1 (FLAGS INTERNALDATE)
S1: * 1 FETCH (FLAGS (\\Draft \\Recent \$Label) INTERNALDATE " 2-Feb-2026 10:00:00 +0000")
S1: c OK *
C1: d APPEND nothing {${msg.size}}
S1: d NO [TRYCREATE] *
C1: e APPEND INBOX {999999999}
S1: e NO [TOOBIG] *
C1: f APPEND nothing {${msg.size}+}
C1: ${msg}
S1: f NO [TRYCREATE] *
C1: g NOOP
S1: g OK *

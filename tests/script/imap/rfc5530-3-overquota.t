# Over quota: APPEND is refused before its message is sent, COPY before anything is copied; MOVE makes nothing more (RFC 5530 3, RFC 9208 4.3).
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: Greetings from afar

Dear Bob,
all is well.
END

C1: a APPEND INBOX {${msg.size}+}
C1: ${msg}
S1: a OK *
run: account set ${carol} --quota 200 --json
out: *"quota_bytes":200,*
run: account show ${carol} --json
out: *"used_bytes":${msg.size},"used_messages":1,*
C1: b APPEND INBOX {150}
S1: b NO [OVERQUOTA] *
C1: c SELECT INBOX
S1*: c OK *
run: account set ${carol} --quota-messages 1
C1: d COPY 1 Archive
S1: d NO [OVERQUOTA] *
C1: e MOVE 1 Archive
S1*: e OK *
C1: f APPEND INBOX {${msg.size}+}
C1: ${msg}
S1: f NO [OVERQUOTA] *
C1: g SELECT Archive
S1*: g OK *
C1: h STORE 1 +FLAGS.SILENT (\\Deleted)
S1: h OK *
C1: i EXPUNGE
S1*: i OK *
C1: j APPEND INBOX {${msg.size}+}
C1: ${msg}
S1: j OK *

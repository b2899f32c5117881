# SEARCH BODY and TEXT look behind the last boundary and before the first (RFC 2046 5.1.1), not at boundaries
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
let msg <<END
From: Ann <ann@example.test>
Subject: two parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="limit-of-parts"

This is a message in MIME format.
--limit-of-parts
Content-Type: text/plain

the first part
--limit-of-parts
Content-Type: message/delivery-status

Action: failed
--limit-of-parts--
Sent through a mailing list.
END
C1: ap1 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: ap1 OK *
C1: s1 SELECT INBOX
S1*: s1 OK *
C1: a SEARCH BODY "mailing list"
S1: * SEARCH 1
S1: a OK *
C1: b SEARCH TEXT "MAILING LIST"
S1: * SEARCH 1
S1: b OK *
C1: c SEARCH BODY "in mime format"
S1: * SEARCH 1
S1: c OK *
C1: d SEARCH BODY "action: failed"
S1: * SEARCH 1
S1: d OK *
C1: e SEARCH BODY "limit-of-parts"
S1: * SEARCH
S1: e OK *
C1: f SEARCH TEXT "limit-of-parts"
S1: * SEARCH 1
S1: f OK *

# Commands in the same packet as STARTTLS are never executed (RFC 3207 4.2; CVE-2011-0411).
connect smtp
S: 220 *
C: EHLO c.example
S*: 250 *
C+: STARTTLS
C: MAIL FROM:<injected@b.example>
S: 503 5.5.1 *
eof

# An address that a user's letters are not sent to any more is refused at RCPT, to him only, with the reason and the way out; a stranger learns nothing.
account frank
account grace
run: suppress add ${frank} gone@elsewhere.example --reason "left the company"
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH PLAIN ${frank.plain}
S: 235 *
C: MAIL FROM:<${frank}>
S: 250 *
C: RCPT TO:<gone@elsewhere.example>
S: 550 5.7.1 Not sent to that address any more: * (left the company), until restante suppress lift
C: RCPT TO:<GONE@Elsewhere.Example>
S: 550 5.7.1 *
C: RCPT TO:<other@elsewhere.example>
S: 250 *
C: RCPT TO:<${grace}>
S: 250 *
C: RSET
S: 250 *
connect2 submission tls
S2: 220 *
C2: EHLO c.example
S2*: 250 *
C2: AUTH PLAIN ${grace.plain}
S2: 235 *
C2: MAIL FROM:<${grace}>
S2: 250 *
C2: RCPT TO:<gone@elsewhere.example>
S2: 250 *
C2: QUIT
S2: 221 *
run: suppress lift ${frank} gone@elsewhere.example
C: MAIL FROM:<${frank}>
S: 250 *
C: RCPT TO:<gone@elsewhere.example>
S: 250 *
C: QUIT
S: 221 *

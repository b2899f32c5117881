# Wrong arguments, commands of the other state and of older versions of the protocol get an answer that says what is wrong; case does not matter, nor do blanks at the end (RFC 1939 3).
account carol
connect1 pop3 tls
S1: +OK *
C1: STAT
S1: -ERR Log in first
C1: APOP x c4c9334bac560ecc979e58001b3e22fb
S1: -ERR APOP *
C1: LAST
S1: -ERR LAST *
C1: USER
S1: -ERR Syntax: USER name
C1: user ${carol}
S1: +OK*
C1: pass ${carol.password}
S1: +OK 0 *
C1: PASS again
S1: -ERR You have logged in already
C1: stat  
S1: +OK 0 0
C1: LIST   
S1: +OK 0 messages
S1: .
C1: LIST 0
S1: -ERR That is no message number*
C1: LIST -1
S1: -ERR That is no message number*
C1: RETR 99999999999999999999
S1: -ERR That is no message number*
C1: RETR 1
S1: -ERR No such message
C1: RETR
S1: -ERR Syntax: RETR message
C1: RETR one
S1: -ERR That is no message number*
C1: RETR 1 2
S1: -ERR Syntax: RETR message
C1: DELE 0x1
S1: -ERR That is no message number*
C1: TOP 1
S1: -ERR Syntax: TOP message lines
C1: TOP 1 -1
S1: -ERR *
C1: LAST
S1: -ERR LAST *
C1: XTND XMIT
S1: -ERR XTND *
C1: 
S1: -ERR Unknown command
C1: FOO
S1: -ERR Unknown command
C1: NOOP now
S1: -ERR Syntax: NOOP
C1: noop
S1: +OK Done
C1~: STAT\n
S1: -ERR Lines end with CR LF*
eof1
connect2 pop3 tls
S2: +OK *
C2: USER ${'x'*1500}
S2: -ERR Line too long
eof2

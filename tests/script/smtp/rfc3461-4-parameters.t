# RET and ENVID of MAIL, NOTIFY and ORCPT of RCPT (RFC 3461 4.1 to 4.5).
account carol
connect smtp
S: 220 *
C: EHLO c.example
S*: 250-DSN
S*: 250 *
C: MAIL FROM:<a@b.example> RET=NONE
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> RET=HDRS RET=HDRS
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> ENVID=a+0
S: 501 5.5.4 *
C: MAIL FROM:<a@b.example> NOTIFY=NEVER
S: 555 5.5.4 *
C: MAIL FROM:<a@b.example> RET=hdrs ENVID=QQ314159
S: 250 *
C: RCPT TO:<${carol}> NOTIFY=NEVER,SUCCESS
S: 501 5.5.4 *
C: RCPT TO:<${carol}> RET=HDRS
S: 555 5.5.4 *
C: RCPT TO:<${carol}> ORCPT=carol
S: 501 5.5.4 *
C: RCPT TO:<${carol}> NOTIFY=FAILURE,delay ORCPT=rfc822;Carol+40b.example
S: 250 *
C: QUIT
S: 221 *

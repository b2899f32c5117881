# LANG lists the languages and chooses one, before and after the login, for every text; what can't be had changes nothing (RFC 6856 3.2).
account carol
connect1 pop3 tls
S1: +OK Restante*
C1: LANG
S1: +OK *
S1: en English
S1: zh 中文
S1: .
C1: LANG MUL
S1: -ERR There are no texts *
C1: LANG zh-Hant-TW
S1: +OK zh 语言*
C1: LANG uga
S1: -ERR 没有*
C1: NOOP
S1: +OK 完成
C1: USER ${carol}
S1: +OK *
C1: PASS ${carol.password}
S1: +OK 0 封邮件*
C1: RETR 1
S1: -ERR 没有*
C1: LANG
S1: +OK 语言*
S1: en *
S1: zh *
S1: .
C1: LANG *
S1: +OK en *
C1: LANG fr
S1: -ERR There are no texts*
C1: lang en-GB
S1: +OK en *
C1: LANG en de
S1: -ERR Syntax: LANG *
C1: QUIT
S1: +OK Bye*
eof1

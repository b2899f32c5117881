# Faults of an exchange are told by their value (RFC 5802 section 7); whoever it is, there is a salt; the connection goes on.
account carol
connect1 imap tls
S1: * OK *
C1: a AUTHENTICATE SCRAM-SHA-256
S1: /\+ /
C1: ${base64:rubbish}
S1: + ${base64:e=invalid-encoding}
C1: *
S1: a NO [AUTHENTICATIONFAILED] *
C1: b AUTHENTICATE SCRAM-SHA-256-PLUS ${base64:p=tls-unique-for-telnet,,n=${carol},r=abc}
S1: + ${base64:e=unsupported-channel-binding-type}
C1~: \r\n
S1: b NO [AUTHENTICATIONFAILED] *
C1: c AUTHENTICATE SCRAM-SHA-1 ${base64:n,,n=nobody,r=abcd}
S1: + cj1hYmNk*
C1: *
S1: c BAD *
connect2 imap tls
S2: * OK *
C2: d AUTHENTICATE SCRAM-SHA-1 ${base64:n,,n=a=b,r=abc}
S2: + ${base64:e=invalid-username-encoding}
C2~: \r\n
S2: d NO [AUTHENTICATIONFAILED] *
C2: e AUTHENTICATE SCRAM-SHA-1 ${base64:n,,m=x,n=u,r=abc}
S2: + ${base64:e=extensions-not-supported}
C2~: \r\n
S2: e NO [AUTHENTICATIONFAILED] *
connect3 imap
S3: * OK *
C3: f AUTHENTICATE SCRAM-SHA-256
S3: f NO [PRIVACYREQUIRED] *
C3: g AUTHENTICATE OAUTHBEARER
S3: g NO *
C3: h NOOP
S3: h OK *

# HELO gets one line, EHLO the list of extensions; either begins the session anew (RFC 5321 4.1.1.1, 4.1.4).
connect smtp
S: 220 * ESMTP *
C: HELO client.example
S: 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 *
C: EHLO client.example
S: 250-*
S*: 250-PIPELINING
S: 250-SIZE *
S*: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-LIMITS RCPTMAX=1000
S: 250-CHUNKING
S: 250-BINARYMIME
S: 250-SMTPUTF8
S: 250-DSN
S: 250-MT-PRIORITY
S: 250-DELIVERBY
S: 250 HELP
C: RCPT TO:<${bob}>
S: 503 5.5.1 *
C: EHLO
S: 501 5.5.4 *
C: EHLO bad"name
S: 501 5.5.4 *

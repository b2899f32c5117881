# LHLO is LMTP's: over SMTP it is no command (RFC 2033 4.1).
connect smtp
S: 220 * ESMTP *
C: LHLO client.example
S: 500 5.5.2 *
C: EHLO client.example
S*: 250 HELP

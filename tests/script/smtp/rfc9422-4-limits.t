# What EHLO announces is what holds (RFC 9422 4).
connect smtp
S: 220 *
C: EHLO client.example
S*: 250-LIMITS RCPTMAX=1000
S*: 250 HELP

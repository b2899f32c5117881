# XCLIENT and XFORWARD are neither offered to who is not named for them, nor known, nor is a header of the PROXY protocol.
connect1 smtp
S1: 220 *
C1: EHLO client.example
not: *XCLIENT*
S1*: 250 HELP
C1: XCLIENT ADDR=203.0.113.7 NAME=trusted.example
S1: 500 5.5.2 *
C1: XFORWARD ADDR=203.0.113.7
S1: 500 5.5.2 *
C1: PROXY TCP4 203.0.113.7 203.0.113.8 1 25
S1: 500 5.5.2 *

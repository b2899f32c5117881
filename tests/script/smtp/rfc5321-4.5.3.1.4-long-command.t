# A command line that is too long is refused, not buffered (RFC 5321 4.5.3.1.4).
connect smtp
S: 220 *
C: NOOP ${'x'*5000}
S: 500 5.5.6 *
eof

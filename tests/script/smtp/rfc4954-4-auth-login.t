# AUTH LOGIN asks for name and password.
connect submission tls
S: 220 *
C: EHLO c.example
S*: 250 *
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: ${alice.user64}
S: 334 UGFzc3dvcmQ6
C: ${alice.password64}
S: 235 2.7.0 *

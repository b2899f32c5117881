# Filters that are no search criteria are not stored
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
C1: a1 SETMETADATA "" (/private/filters/values/x "OR SMALLER 5000")
S1: a1 NO *
C1: a2 SETMETADATA "" (/private/filters/values/x "UNHEARD")
S1: a2 NO *
C1: a3 SETMETADATA "" (/private/filters/values/x "")
S1: a3 NO *
C1: a4 SETMETADATA "" (/private/filters/values/x/y "ALL")
S1: a4 NO *
C1: a5 SETMETADATA "" (/private/filters/values/x {8+}
C1: ALL
C1: ALL)
S1: a5 NO *
C1: a6 SETMETADATA "" (/private/comment "c" /private/filters/values/x "SUBJECT {9}")
S1: a6 NO *
C1: a7 SETMETADATA "" (/private/filters/values/x "FILTER later SINCE 1-Jan-2026 (SUBJECT \\"a b\\")")
S1: a7 OK *
C1: a8 SETMETADATA "" (/shared/filters/values/x "ALL")
S1: a8 NO [NOPERM] *
C1: a9 GETMETADATA "" (DEPTH 1) (/private/filters/values /private/comment)
S1: * METADATA "" (/private/filters/values/x "FILTER later SINCE 1-Jan-2026 (SUBJECT \\"a b\\")")
S1: a9 OK *

# LIST of mailboxes of others: what one has "l" on, and nothing tells of the rest
account carol
account dave
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1*: l1 OK *
connect2 imap tls
S2: * OK *
C2: l2 LOGIN ${dave} ${dave.password}
S2*: l2 OK *
C2: a NAMESPACE
S2: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
S2: a OK *
C2: b LIST "" "Other Users/*"
S2: b OK *
C1: c CREATE Team/Plans
S1: c OK *
C1: d SETACL Team/Plans ${dave} lr
S1: d OK *
C1: e SETACL Trash ${dave} r
S1: e OK *
C2: f LIST "" "Other Users/*"
S2{
* LIST (\\Noselect \\HasChildren) "/" "Other Users/${carol}"
* LIST (\\Noselect \\HasChildren) "/" "Other Users/${carol}/Team"
* LIST (\\HasNoChildren) "/" "Other Users/${carol}/Team/Plans"
}
S2: f OK *
C2: g LIST "" "Other Users"
S2: * LIST (\\Noselect \\HasChildren) "/" "Other Users"
S2: g OK *
C2: h LIST "" "Other Users/%/Team/%" RETURN (MYRIGHTS STATUS (MESSAGES UNSEEN))
S2: * LIST (\\HasNoChildren) "/" "Other Users/${carol}/Team/Plans"
S2: * MYRIGHTS "Other Users/${carol}/Team/Plans" lr
S2: * STATUS "Other Users/${carol}/Team/Plans" (MESSAGES 0 UNSEEN 0)
S2: h OK *
# rights that one has count without "l" too; what is asked for without a right is not there, or forbidden when it is known
C2: i STATUS "Other Users/${carol}/Trash" (MESSAGES)
S2: * STATUS "Other Users/${carol}/Trash" (MESSAGES 0)
S2: i OK *
C2: j STATUS "Other Users/${carol}/INBOX" (MESSAGES)
S2: j NO [NONEXISTENT] ${text=.*}
C2: k STATUS "Other Users/${carol}/Nothing" (MESSAGES)
S2: k NO [NONEXISTENT] ${text}
C2: l STATUS "Other Users/nobody@example.test/INBOX" (MESSAGES)
S2: l NO [NONEXISTENT] ${text}
C2: m GETACL "Other Users/${carol}/Trash"
S2: m NO [NONEXISTENT] *
C2: n GETACL "Other Users/${carol}/Team/Plans"
S2: n NO [NOPERM] *
C2: o MYRIGHTS "Other Users/${carol}/Trash"
S2: * MYRIGHTS "Other Users/${carol}/Trash" r
S2: o OK *
C2: p DELETE "Other Users/${carol}/Team/Plans"
S2: p NO [NOPERM] *
C2: q CREATE "Other Users/${carol}/Team/Plans/More"
S2: q NO [NOPERM] *
C2: r CREATE "Other Users/${carol}/Mine"
S2: r NO [NONEXISTENT] *
C2: s RENAME "Other Users/${carol}/Team/Plans" Plans
S2: s NO *
C1: t SETACL Team/Plans ${dave} +kx
S1: t OK *
C2: u CREATE "Other Users/${carol}/Team/Plans/More"
S2: u OK *
C2: v RENAME "Other Users/${carol}/Team/Plans/More" "Other Users/${carol}/Team/Plans/Less"
S2: v OK *
C2: w SUBSCRIBE "Other Users/${carol}/Team/Plans/Less"
S2: w OK *
C2: x LIST (SUBSCRIBED) "" "Other Users/*"
S2: * LIST (\\HasNoChildren \\Subscribed) "/" "Other Users/${carol}/Team/Plans/Less"
S2: x OK *
C2: y DELETE "Other Users/${carol}/Team/Plans/Less"
S2: y OK *
C1: z1 DELETEACL Team/Plans ${dave}
S1: z1 OK *
C2: z2 LIST "" "Other Users/*"
S2: z2 OK *
# anyone, less one
C1: z3 SETACL Team anyone lr
S1: z3 OK *
C2: z4 LIST "" "Other Users/${carol}/*"
S2: * LIST (\\HasNoChildren) "/" "Other Users/${carol}/Team"
S2: z4 OK *
C1: z5 SETACL Team -${dave} l
S1: z5 OK *
C2: z6 LIST "" "Other Users/${carol}/*"
S2: z6 OK *
C2: z7 MYRIGHTS "Other Users/${carol}/Team"
S2: * MYRIGHTS "Other Users/${carol}/Team" r
S2: z7 OK *

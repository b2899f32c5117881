# Quotas: roots, usage and limits; who is no administrator can't set them
account carol
connect1 imap tls
S1: * OK *
C1: l1 LOGIN ${carol} ${carol.password}
S1: l1 OK [CAPABILITY * QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE *
let msg <<END
Subject: x

${'some text\r\n'*200}
END
C1: a1 GETQUOTAROOT INBOX
S1: * QUOTAROOT INBOX "User quota"
S1: * QUOTA "User quota" ()
S1: a1 OK *
run: account set ${carol} --quota 8k --quota-messages 3
C1: p1 APPEND INBOX {${msg.size}+}
C1: ${msg}
S1*: p1 OK *
C1: a2 GETQUOTAROOT "some other mailbox"
S1: * QUOTAROOT "some other mailbox" "User quota"
S1: * QUOTA "User quota" (STORAGE 3 8 MESSAGE 1 3)
S1: a2 OK *
C1: a3 GETQUOTA "User quota"
S1: * QUOTA "User quota" (STORAGE 3 8 MESSAGE 1 3)
S1: a3 OK *
C1: a4 GETQUOTA ""
S1: a4 NO *
C1: a5 SETQUOTA "User quota" (STORAGE 100 MESSAGE 1000)
S1: a5 NO [NOPERM] *
C1: a6 SETQUOTA "User quota" ()
S1: a6 NO [NOPERM] *
C1: a7 GETQUOTA "User quota"
S1: * QUOTA "User quota" (STORAGE 3 8 MESSAGE 1 3)
S1: a7 OK *
C1: a8 SETQUOTA "User quota" STORAGE 1
S1: a8 BAD *
C1: a9 CAPABILITY
not: * CAPABILITY * QUOTASET *
S1*: a9 OK *

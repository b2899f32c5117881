/* IMAP and POP3 sessions of the accounts that a core owns. */
#pragma once

#include "box/box.h"
#include "imap/imap.h"
#include "pop3/pop3.h"

struct box_session {
    struct list link;
    struct box_core *core;
    uint64_t account, credential;
    struct ipc *gate; /* where it came from, with what it is called there; NULL: from a tool */
    uint64_t conn;
    uint32_t listener, tries;
    char peer[80];
    bool is_tls;
    struct imap_session *imap; /* one of the two */
    struct pop3_session *pop3;
    bool is_pop3;
    bool is_tool; /* of the command line */
};

/* Ends those of an account, or of one credential of it (not 0), now; `why` is static text for IMAP. */
void sessions_revoke(struct box_core *c, uint64_t account, uint64_t credential, const char *why);
void sessions_stop(struct box_core *c); /* the server ends */

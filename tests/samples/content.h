/* What the stores in tests/samples/ hold: make_sample.c writes it, tests/unit/mail/test_samples.c reads it back. A row is
 * added when a version has something that is new; `since` says which. */
#pragma once

#include "base/arena.h"
#include "mail/mail.h"

enum { ANNE = 7, BERT = 9, LARGE = 20000 };

static const struct sample_letter {
    unsigned since; /* the version of the store from which on it is there */
    uint64_t account;
    const char *mailbox;
    uint32_t uid;
    const char *subject;
    size_t more; /* bytes behind the first line */
    uint32_t flags;
    const char *keyword; /* NULL: none */
} sample_letters[] = {
    {1, ANNE, "INBOX", 1, "shared", 0, 0, NULL},
    {1, ANNE, "Archive", 1, "shared", 0, 0, NULL},
    {1, ANNE, "Work/Deep", 1, "kept", 0, MAIL_SEEN | MAIL_FLAGGED, "$Work"},
    {1, BERT, "INBOX", 1, "shared", 0, 0, NULL},
    {1, BERT, "INBOX", 2, "large", LARGE, 0, NULL},
    {1, BERT, "INBOX", 3, "queued", 0, 0, NULL},
};
/* In ANNE's INBOX under uid 2, and deleted; from version 2 on it can be had back. */
#define SAMPLE_DELETED "gone"
#define SAMPLE_NEXT_UID 3        /* of that INBOX */
#define SAMPLE_RCPT "x@far.test" /* of the letter BERT got as "queued" too */

/* Letters "many 0" ... to BERT's mailbox SAMPLE_MANY_BOX, uids from 1, from version 2 on; half of them are stored with a dictionary. */
#define SAMPLE_MANY_BOX "Sent"
enum { SAMPLE_MANY = 80, SAMPLE_MANY_BYTES = 900 };

static inline struct str sample_bytes(struct arena *a, const char *subject, size_t more)
{
    struct str head = arena_printf(a,
                                   "From: a@example.test\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\n"
                                   "Subject: %s\r\n\r\nBody of %s\r\n",
                                   subject, subject);
    char *p = arena_alloc(a, head.n + more + 1);
    uint64_t x = 88172645463325252u;

    memcpy(p, head.p, head.n);
    for (size_t i = 0; i < more; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        p[head.n + i] = i % 72 == 71 ? '\n' : (char)('a' + x % 26);
    }
    return str_n(p, head.n + more);
}

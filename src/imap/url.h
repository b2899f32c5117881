/* IMAP URLs (RFC 5092) of messages and parts of them, as CATENATE (RFC 4469), URLAUTH (RFC 4467) and URL-PARTIAL (RFC 5550 section
 * 5.7.1) name them: "/Drafts;UIDVALIDITY=3/;UID=20/;SECTION=1.2/;PARTIAL=0.1024", with "imap://user@host" in front where they are
 * absolute, and ";EXPIRE=...;URLAUTH=access:mechanism:token" behind. Pure. */
#pragma once

#include "base/arena.h"

enum imap_url_access { URL_ACCESS_NONE, URL_ACCESS_ANONYMOUS, URL_ACCESS_AUTHUSER, URL_ACCESS_USER, URL_ACCESS_SUBMIT };

struct imap_url {
    bool is_absolute;
    struct str user, host; /* of an absolute one, decoded; user empty: none */
    struct str mailbox;    /* decoded, UTF-8 */
    uint32_t uidvalidity;  /* 0: not said */
    uint32_t uid;
    struct str section; /* decoded; empty: all */
    bool is_partial;
    uint64_t from, most; /* most UINT64_MAX: to the end */
    uint64_t expires_us; /* 0: never */
    enum imap_url_access access;
    struct str access_user; /* decoded */
    struct str rump;        /* the text up to the access, as it came */
    struct str mechanism;   /* empty: the rump is all */
    struct str token;       /* hexadecimal digits */
};

/* Views are of the text and the arena. ST_SYNTAX: it is no such URL. Relative paths are none (RFC 5092 section 7.2). */
enum st imap_url_parse(struct arena *a, struct str text, struct imap_url *out) MUST_USE;

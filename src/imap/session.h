/* A session after login, as its commands see it. Between commands it is parked: only this struct is left of it. */
#pragma once

#include "imap/conn.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/resp.h"
#include "imap/source.h"
#include "imap/states.h"
#include "mail/mail.h"

#define IMAP_SESSION_MAGIC 0x496d6170

struct imap_session {
    uint32_t magic;
    struct imap_conn conn;
    struct imap_source src;
    struct mail *mail;
    struct account *account; /* NULL until greeted */
    struct view *view;       /* the selected mailbox; NULL: none */
    const struct settings *set;
    struct arena arena;     /* session */
    struct arena cmd_arena; /* command */
    struct str login, peer;
    uint64_t account_id, sid, commands;
    const char *last_command;
    struct uid_set saved;          /* of the last search with SAVE (RFC 5182): uids, owned */
    struct note_watch *notes;      /* metadata.h; NULL: the client is not told of changes */
    uint32_t features;             /* enabled: bits of features.def */
    struct imap_withheld withheld; /* withhold.h */
    uint32_t url_key_resets;       /* of the selected mailbox, as far as they have been told (RFC 4467) */
    unsigned errors;               /* BAD answers in a row */
    uint64_t modseq_sent;          /* the highest one in a response since the last tagged one (condstore.c) */
    uint64_t
        modseq_left; /* changes behind this one were not told, since the client wants to hear of none; 0: all were */
    struct imap_notify *notify;    /* what the client wants to hear of (notify.h); owned, NULL: NOTIFY was never used */
    struct imap_batches *batches;  /* UIDBATCHES that were answered (cmd_uidbatches.c); owned, NULL: none */
    struct imap_context *contexts; /* searches that are kept up to date (context.h); owned, NULL: none */
    struct str login_tag;
    char *idle_tag;  /* owned; NULL but during IDLE */
    bool sorts_down; /* COMPARATOR: texts are in the opposite order */
    bool is_tls, is_tool, in_idle;
    bool tell_modseq;  /* CONDSTORE was enabled by this command */
    bool has_expunged; /* told of expunged messages since the last tagged response */

    /* the one long wait, session.c */
    enum { SESSION_STARTING, SESSION_RUNNING, SESSION_READING, SESSION_PARKED } phase;
    enum { WAKE_NONE, WAKE_INPUT, WAKE_CHANGE, WAKE_QUIET, WAKE_STOP } wake;
    mono_ms active_at; /* when the client last said something */
    struct co *co;
    struct co_timer retry; /* no coroutine was left when it should have gone on */
    const char *stop_text; /* told to end */
    const char *reason;    /* why it ends; NULL while it goes on */
    struct log_ctx log;
    bool goes_back; /* to where the login was (RFC 8437) */
    void (*give_back)(void *arg, int fd, struct str unread);
    void (*ended)(void *arg, struct imap_session *s);
    void *ended_arg;
};

struct imap_command;

/* One command while it runs. A handler writes untagged responses and returns; the tagged one is written from
 * its status (replies.def), these words, and what has changed in the mailbox meanwhile. */
struct imap_cmd {
    struct imap_session *s;
    struct imap_lexer lx;
    struct str tag;
    const struct imap_command *row;
    bool uid;                                         /* the UID form */
    struct str code;                                  /* of the tagged response, instead of the usual one */
    struct str text;                                  /* of a tagged OK */
    bool later;                                       /* no tagged response now (IDLE) */
    enum st (*then)(struct imap_session *s) SUSPENDS; /* what follows a tagged OK; NULL: nothing */
    bool holds;          /* expunges wait, also in the UID form: numbers of messages were among the arguments */
    bool refused_update; /* NOUPDATE was said */
    uint32_t limited_at; /* the lowest uid that was processed, where not all were (message_limit.h); 0: all were */
};

struct imap_command {
    struct str name;
    enum st (*run)(struct imap_cmd *c) SUSPENDS;
    unsigned states, flags;
    struct str capability, reference;
};

#define LOGIN_CMD(...)
#define CMD(name, handler, states, flags, capability, reference) enum st handler(struct imap_cmd *c) SUSPENDS;
#include "imap/commands.def"
#undef CMD
#undef LOGIN_CMD

/* Features of ENABLE (RFC 5161): bits in imap_session.features. */
enum imap_feature {
#define FEATURE(name, id, reference) FEATURE_##id,
#include "imap/features.def"
#undef FEATURE
    FEATURE_COUNT
};

static inline bool imap_is_enabled(const struct imap_session *s, enum imap_feature f)
{
    return s->features >> f & 1;
}

/* The client hears of expunges by VANISHED (RFC 7162 section 3.2.10, RFC 9586 section 3.6). */
static inline bool imap_tells_vanished(const struct imap_session *s)
{
    return imap_is_enabled(s, FEATURE_QRESYNC) || imap_is_enabled(s, FEATURE_UIDONLY);
}

static inline bool imap_is_same_mailbox(const struct mailbox_info *a, const struct mailbox_info *b)
{
    return a->id == b->id && a->owner == b->owner;
}

/* IMAP4rev2 (RFC 9051), which the client has enabled. What it asks for is answered as by IMAP4rev1, also what is deprecated
 * (appendix E); what it has not asked for is as RFC 9051 has it. */
static inline bool imap_is_rev2(const struct imap_session *s)
{
    return s->features & (1u << FEATURE_REV2);
}

/* command.c: reads a command and answers it. A status other than ST_OK ends the session. */
enum st imap_command(struct imap_session *s) SUSPENDS MUST_USE;
/* A number of a message, in whatever place, once UIDONLY is enabled: ST_SYNTAX with its code (RFC 9586 section 3). */
enum st imap_refuse_numbers(struct imap_cmd *c) MUST_USE;
/* The line that ends IDLE, or should have. */
enum st imap_idle_line(struct imap_session *s) SUSPENDS MUST_USE;

/* changes.c: tells what has changed in the selected mailbox. ST_EOF when it is gone altogether (BYE was said). */
enum st imap_send_changes(struct imap_session *s, bool may_expunge) SUSPENDS MUST_USE;
/* "* FLAGS" and "* OK [PERMANENTFLAGS]" for what the mailbox knows by now. */
void imap_put_mailbox_flags(struct imap_session *s) SUSPENDS;
/* "(\Seen $Forwarded)" */
void imap_put_flags(struct imap_session *s, const struct mail_msg *m) SUSPENDS;

void imap_leave_mailbox(struct imap_session *s);
void imap_batches_forget(struct imap_session *s); /* cmd_uidbatches.c */

/* cmd_capability.c: what CAPABILITY lists after login, a blank before each. */
void imap_put_session_capabilities(struct imap_session *s) SUSPENDS;
/* cmd_acl.c: "* MYRIGHTS ..." (RFC 4314 section 3.8). */
void imap_put_myrights(struct imap_session *s, struct str mailbox, uint32_t rights) SUSPENDS;
/* UNAUTHENTICATE is to be had: there is a gate to go back to, and the settings allow it. */
static inline bool imap_may_unauthenticate(const struct imap_session *s)
{
    return s->give_back && s->set->imap_unauthenticate;
}
/* cmd_urlauth.c: that the selected mailbox has a new key, where it has not been told yet. */
void imap_tell_url_keys(struct imap_session *s) SUSPENDS;
/* cmd_append.c: the largest message that APPEND takes. */
uint64_t imap_append_limit(const struct imap_session *s);

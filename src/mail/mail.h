/* Accounts, their mailboxes and messages, over the store. An account belongs to one core (mail_core_of);
 * every call below except mail_deliver is made on that core. The room keeps two states: what is durable,
 * which is all that sessions see, and what is on its way (pending), so that changes prepared one behind the
 * other need not wait for each other. A call that changes something answers when it is durable.
 *
 * Names of mailboxes are UTF-8 with "/" between levels; INBOX in any case is one mailbox, written INBOX.
 * Modified UTF-7 is the IMAP room's affair. */
#pragma once

#include "base/arena.h"
#include "mime/record.h"
#include "store/store.h"

struct mail;           /* one per process */
struct mail_names;     /* mail/shared.h */
struct account_limits; /* base/account_limits.h */
struct account;        /* open on its core, reference-counted */

struct mail_options {
    struct store *store;
    struct core **cores;
    unsigned n_cores;
    uint64_t cache_bytes;           /* of all cores, for messages of mailboxes that nobody has selected; 0: 256 MiB */
    unsigned max_mailboxes;         /* of one account; 0: 10,000 */
    const struct mail_names *names; /* shared.h; NULL: nobody knows any other account */
    bool count_first;               /* each core will call mail_count: until then no domain's use is known */
};
struct mail *mail_new(const struct mail_options *opt);
void mail_free(struct mail *m);
/* Before the cores run: reads of this email answer ST_CORRUPT, since the box has died on it. ST_LIMIT. */
enum st mail_quarantine_add(struct mail *m, uint64_t account, uint64_t email) MUST_USE;
/* Of the running core. */
struct mail_stats {
    uint64_t accounts, accounts_used, mailboxes, views;
    uint64_t messages, message_bytes; /* in memory */
    uint64_t in_flight;               /* changes on their way to the disk */
};
void mail_get_stats(struct mail *m, struct mail_stats *out);
unsigned mail_core_of(const struct mail *m, uint64_t account); /* a hash of the id */

/* Opens the account on the running core (asserted). One that was never used gets INBOX, Drafts, Sent, Junk,
 * Trash and Archive, subscribed, with their special uses (RFC 6154), at the first call. */
enum st account_open(struct mail *m, uint64_t account, struct account **out) SUSPENDS MUST_USE;
void account_close(struct account *a);
uint64_t account_id(const struct account *a);

/* For a repair: waits until nobody has the account open (whoever does finds it lost, ST_TRYLATER: end its sessions), and keeps all
 * others out, until it is let in again; then it is read anew. On its core. ST_BUSY: it stays in use, or is shut already. */
enum st account_shut(struct mail *m, uint64_t account) SUSPENDS MUST_USE;
void account_let_in(struct mail *m, uint64_t account) SUSPENDS;

/* --- flags ------------------------------------------------------------------------------------ */
enum {
    MAIL_SEEN = 1,
    MAIL_ANSWERED = 2,
    MAIL_FLAGGED = 4,
    MAIL_DELETED = 8,
    MAIL_DRAFT = 16,
};

enum mail_use {
    MAIL_USE_NONE,
    MAIL_USE_DRAFTS,
    MAIL_USE_SENT,
    MAIL_USE_JUNK,
    MAIL_USE_TRASH,
    MAIL_USE_ARCHIVE,
    MAIL_USE_FLAGGED,
    MAIL_USE_ALL
};

/* --- mailboxes -------------------------------------------------------------------------------- */
struct mailbox_info {
    struct str name;
    uint32_t id;          /* of the account, never used again */
    uint32_t uidvalidity; /* never 0; larger for a later mailbox of the same name */
    uint32_t uidnext, messages, unseen, recent, deleted;
    uint64_t highestmodseq, bytes;
    uint64_t deleted_bytes; /* of those with \Deleted; only mailbox_count_deleted says */
    enum mail_use use;
    bool subscribed, noselect /* a name that has only children (RFC 3501 6.3.4) */, has_children;
    uint64_t owner;  /* another account (shared.h); 0: the account's own */
    uint32_t rights; /* of whoever asks, mail/rights.h */
};

/* All of them, sorted by name (INBOX first); names live in the arena. */
enum st mailbox_list(struct account *a, struct arena *ar, struct mailbox_info **out, size_t *out_n) SUSPENDS MUST_USE;
enum st mailbox_status(struct account *a, struct arena *ar, struct str name, struct mailbox_info *out)
    SUSPENDS MUST_USE; /* ST_NOTFOUND */
/* Fills in info->deleted_bytes; reads the messages when there are such. ST_NOTFOUND: it is gone meanwhile. */
enum st mailbox_count_deleted(struct account *a, struct mailbox_info *info) SUSPENDS MUST_USE;
/* Of one of the account's own, by its number. ST_NOTFOUND. */
enum st mailbox_status_by_id(struct account *a, struct arena *ar, uint32_t id, struct mailbox_info *out) MUST_USE;
bool account_is_subscribed(const struct account *a, struct str name);
/* Names subscribed to that no longer exist are kept and listed too (RFC 3501 6.3.6). */
enum st mailbox_subscriptions(struct account *a, struct arena *ar, struct str **out, size_t *out_n) SUSPENDS MUST_USE;

/* ST_EXISTS, ST_SYNTAX (a name that can't be), ST_LIMIT; ST_DENIED: another mailbox has that use. Missing parents are made as well (RFC 3501 6.3.3). */
enum st mailbox_create(struct account *a, struct str name, enum mail_use use) SUSPENDS MUST_USE;
/* ST_NOTFOUND, ST_DENIED (INBOX; or a name with children that is \Noselect already). With children: becomes \Noselect. */
enum st mailbox_delete(struct account *a, struct str name) SUSPENDS MUST_USE;
/* Children move along. Renaming INBOX moves its messages to the new name and leaves it empty (RFC 3501 6.3.5). */
enum st mailbox_rename(struct account *a, struct str from, struct str to) SUSPENDS MUST_USE;
enum st mailbox_subscribe(struct account *a, struct str name, bool on) SUSPENDS MUST_USE;

/* --- views: a selected mailbox ----------------------------------------------------------------- *
 * A view has its own sequence numbers, which change only when view_next_change reports it. It costs at most 16
 * bytes a message. Messages are addressed by uid or by sequence number (1 to view_count). */
struct view;

enum st view_open(struct account *a, struct str name, bool read_only, struct view **out)
    SUSPENDS MUST_USE; /* ST_NOTFOUND, ST_DENIED (\Noselect) */
void view_close(struct view *v);
bool view_is_read_only(const struct view *v); /* as SELECT tells it (RFC 4314 section 5.2) */
bool view_is_examined(const struct view *v);  /* opened so: nothing is changed through it */
uint32_t view_rights(const struct view *v);   /* mail/rights.h; of a mailbox of another account they may change */
bool view_may_read(
    const struct view *v); /* false: it may not be looked at any more, and view_next_change says that it is gone */
uint32_t view_permanent(const struct view *v);              /* which of MAIL_SEEN ... can be changed */
const struct mailbox_info *view_info(const struct view *v); /* as of now; the name lives as long as the view */

uint32_t view_count(const struct view *v);
uint32_t view_uid(const struct view *v, uint32_t seq);      /* 1 <= seq <= count */
uint32_t view_seq(const struct view *v, uint32_t uid);      /* 0: none */
uint32_t view_seq_from(const struct view *v, uint32_t uid); /* the first with at least this uid; count + 1 when none */
uint32_t view_first_unseen(const struct view *v);           /* sequence number, 0: none */
uint32_t view_recent(const struct view *v);                 /* how many are \Recent to this view */

struct mail_msg {
    uint32_t uid, flags; /* MAIL_SEEN ... */
    uint64_t keywords;   /* bits; names by view_keyword */
    uint64_t modseq, email_id, size /* RFC822.SIZE */, internal_date_us, save_date_us;
    bool recent, gone;   /* gone: expunged, but not yet reported to this view */
    bool private_modseq; /* it comes from what this reader alone has seen of another account */
};
void view_msg(const struct view *v, uint32_t seq, struct mail_msg *out);
unsigned view_keywords(const struct view *v);   /* how many names there are */
bool view_takes_keywords(const struct view *v); /* a new one can be made */
struct str view_keyword(const struct view *v, unsigned bit);

/* What has happened since it was last asked, in an order that a client may be told in. Expunges wait while
 * may_expunge is false (RFC 3501 7.4.1: not during FETCH, STORE, SEARCH). False: nothing more. */
struct view_change {
    enum { VIEW_EXPUNGED, VIEW_EXISTS, VIEW_FLAGS, VIEW_KEYWORDS, VIEW_DELETED } what;
    uint32_t seq, uid; /* EXPUNGED: the number it had; EXISTS: the new count; DELETED: the mailbox is gone */
    bool own;          /* FLAGS: by this view, which wants to know (view_tell_own) */
};
bool view_next_change(struct view *v, bool may_expunge, struct view_change *out);
bool view_has_changes(const struct view *v, bool may_expunge);
/* Only what this view has expunged itself, for a client that wants to hear of nothing else (RFC 5465): all the rest goes on waiting. */
bool view_next_own_expunge(struct view *v, struct view_change *out);
/* From now on flags that this view itself has changed are reported too; or no more. */
void view_tell_own(struct view *v, bool on);
/* fn(arg) on the loop, once, when the next change becomes durable (IDLE, NOTIFY); NULL takes it back. */
void view_on_change(struct view *v, void (*fn)(void *arg), void *arg);

struct uid_range {
    uint32_t lo, hi; /* both included */
};
struct uid_set {
    const struct uid_range *r;
    size_t n; /* ranges ascending, apart */
};

/* Modseqs (RFC 7162). Everything up to this one has been told by view_next_change, whenever that has answered false: an expunge that
 * waits has a higher one, whatever came behind it. Never 0. */
uint64_t view_told_modseq(const struct view *v);
uint64_t view_modseq(const struct view *v, uint32_t seq); /* of a message; 0: it is gone */
/* The first message from `seq` on, up to `hi`, that is there and has a higher modseq than that; 0: none. */
uint32_t view_next_since(const struct view *v, uint32_t seq, uint32_t hi, uint64_t modseq);
/* Uids below this one that the view does not count are of messages that have gone, or never came. It moves with view_next_change. */
uint32_t view_told_uidnext(const struct view *v);
/* Among these uids are all messages that have gone from the mailbox behind a modseq. There may be others that have gone, or that are
 * still there; all uids when the change log can't tell. In the arena. */
enum st view_vanished(struct view *v, uint64_t since, struct arena *ar, struct uid_set *out) SUSPENDS MUST_USE;

/* Who is called now and then while a search, SORT or THREAD goes over `of` messages of the view: on its coroutine, and it may
 * wait. It lives until it is taken back with NULL. */
struct view_watcher {
    void (*progress)(const struct view_watcher *w, uint64_t done, uint64_t of) SUSPENDS;
};
void view_on_progress(struct view *v, const struct view_watcher *w);

/* --- reading a message -------------------------------------------------------------------------- */
struct email {
    uint64_t id, blob, size; /* size: prefix and blob together */
    struct str prefix;       /* Return-Path and Delivered-To lines, which stand before the blob's bytes */
    struct mime_record rec;  /* offsets in it count from the blob's first byte */
};
/* ST_NOTFOUND when it was expunged meanwhile. Views live in the arena. */
enum st view_email(struct view *v, uint32_t seq, struct arena *ar, struct email *out) SUSPENDS MUST_USE;

/* The same for many in ascending order, with read-ahead; what is handed out lives until the next call. */
struct email_cursor;
enum st email_cursor_open(struct view *v, struct email_cursor **out) MUST_USE;
enum st email_cursor_get(struct email_cursor *c, uint32_t seq, struct email *out) SUSPENDS MUST_USE;
void email_cursor_close(struct email_cursor *c);

/* The bytes of a message behind its prefix. ST_CORRUPT names it. */
enum st email_body(struct account *a, const struct email *e, struct blob_view *out) SUSPENDS MUST_USE;
/* Its header alone, rec.header_size bytes; for much less work. */
enum st email_head(struct account *a, const struct email *e, struct blob_view *out) SUSPENDS MUST_USE;
void email_body_close(struct blob_view *v);
/* The body of this message will be wanted soon (see blob_read_ahead). False: not just now, ask again later. */
bool email_read_ahead(const struct view *v, uint32_t seq);

/* --- changing messages -------------------------------------------------------------------------- */
struct flag_change {
    enum { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE } how;
    uint32_t flags;
    const struct str *keywords;
    size_t n_keywords;
    /* By whoever acts on another account (guest_edit.c): flags and keywords that stay as they are, and whose own \Seen changes, and how;
     * whether flags were asked for that are not among `flags` any more. */
    uint32_t keeps;
    bool keeps_keywords, sees, asks_more;
    struct uid_set seens;
    bool is_conditional; /* only of messages that have not changed behind that modseq: view_store_if */
    uint64_t unchanged_since;
};
/* The view knows the outcome and does not report it as a change again. Uids that are gone are passed over.
 * ST_LIMIT: too many keywords in the mailbox. */
enum st view_store(struct view *v, struct uid_set uids, const struct flag_change *c) SUSPENDS MUST_USE;
/* The same under a condition (RFC 7162 section 3.1.3), which is asked of each message in the commit that changes it: nobody gets
 * between. Also of what is on its way, so that of two who change a message at once one fails. *out begins at 0. */
struct store_outcome {
    uint32_t *failed; /* uids that the condition was not true for, ascending; in the arena */
    size_t n, cap;
};
enum st view_store_if(struct view *v, struct uid_set uids, const struct flag_change *c, struct arena *ar,
                      struct store_outcome *out) SUSPENDS MUST_USE;
/* Removes those of `uids` that have \Deleted (all of them when `any`), at all other sessions too. This view
 * reports it by view_next_change. */
enum st view_expunge(struct view *v, struct uid_set uids, bool any) SUSPENDS MUST_USE;

struct copied {
    uint32_t uidvalidity; /* of the target; 0: nothing was copied */
    uint32_t *from, *to;  /* n pairs, in the arena */
    size_t n;
};
/* COPY, or MOVE (one commit does both). Flags and dates go along. ST_LIMIT: more than LIMIT_MAIL_COPY at once.
 * ST_NOTFOUND: no such target (the caller says TRYCREATE). COPY: ST_OVERQUOTA, ST_TOOBIG. */
enum st view_copy(struct view *v, struct uid_set uids, struct str target, bool move, struct arena *ar,
                  struct copied *out) SUSPENDS MUST_USE;

/* --- new messages --------------------------------------------------------------------------------- */
struct new_mail {
    struct str record;        /* of mime_record_build */
    struct str bytes;         /* the letter, or: */
    struct blob_stage *stage; /* a large one, staged; taken over, also on failure */
    uint32_t flags;
    const struct str *keywords;
    size_t n_keywords;
    uint64_t internal_date_us; /* 0: now */
    struct str prefix;
    /* Of mail that comes from elsewhere with its uids, into a mailbox that never had a message, or whose uidvalidity is the same
     * already. uid: at least the next one; 0: the next one. uidvalidity: 0: the mailbox's. uidnext: so much, at least, behind it. */
    uint32_t uid, uidvalidity, uidnext;
    struct str uidl;  /* of another server's POP3, which it keeps; empty: none */
    uint64_t seen_by; /* the one who adds it to another account has seen it; 0: as `flags` say */
};
/* Writes a large letter ahead (new_mail.stage), so that it need not be held until its commit; NULL-safe to give up. */
enum st mail_stage(struct account *a, struct str bytes, struct blob_stage **out) SUSPENDS MUST_USE;
void mail_unstage(struct account *a, struct blob_stage *stage);
/* The same for one that is still arriving (store.h): what has come is on the disk, not in memory. */
struct blob_spool *mail_spool_new(struct account *a);
enum st mail_spool_add(struct blob_spool *p, struct str bytes) SUSPENDS MUST_USE;
enum st mail_spool_stage(struct blob_spool *p, struct blob_stage **out) SUSPENDS MUST_USE;
void mail_spool_free(struct blob_spool *p) SUSPENDS; /* NULL is fine */
/* APPEND of one or several, all or nothing. ST_NOTFOUND (TRYCREATE), ST_NOSPACE, ST_LIMIT,
 * ST_OVERQUOTA, ST_TOOBIG; ST_DENIED: uids that can't be kept. */
enum st mail_append(struct account *a, struct str mailbox, const struct new_mail *mails, size_t n, struct arena *ar,
                    uint32_t *out_uidvalidity, uint32_t **out_uids) SUSPENDS MUST_USE;

/* The same of one, in whose commit the message `uid` of the view goes, whether it has \Deleted or not (RFC 8508): it is
 * replaced, or nothing has happened. Its size counts as room. The view, which is not read-only, reports it by view_next_change.
 * ST_DENIED: there is no such message any more; else as above. */
enum st view_replace(struct view *v, uint32_t uid, struct str mailbox, const struct new_mail *mail, struct arena *ar,
                     uint32_t *out_uidvalidity, uint32_t **out_uid) SUSPENDS MUST_USE;

struct delivery_rcpt {
    uint64_t account;
    struct str mailbox; /* empty: INBOX; one that is missing: INBOX too */
    struct str prefix;  /* for this recipient */
    const struct account_limits
        *limits; /* of the account, as the directory has them; NULL: those that it was told before */
};
/* One letter to several accounts, on whichever cores they live, and with an extra part (the queue's) in the same
 * commit: all or nothing, durable when ST_OK. ST_OVERQUOTA, ST_TOOBIG; ST_LIMIT: more than fits into one commit. The body is stored
 * once. May be called on any core of the process. */
struct delivery {
    struct new_mail mail; /* its prefix is not used */
    const struct delivery_rcpt *rcpts;
    size_t n_rcpts;
    /* NULL, or makes the extra part, once there is room for everybody; again when the commit is made anew. It is committed
     * or abandoned in any case; an additional reference to the blob is counted for it. */
    enum st (*extra)(void *arg, uint64_t blob, struct kv_part **out) SUSPENDS;
    void *extra_arg;
    size_t refused;   /* after ST_OVERQUOTA or ST_TOOBIG: the recipient who has no room */
    uint64_t blob_id; /* 0: a new one; one from blob_new_id, if the caller wants to know it beforehand */
};
enum st mail_deliver(struct mail *m, struct delivery *d) SUSPENDS MUST_USE;

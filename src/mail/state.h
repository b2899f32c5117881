/* What the room keeps in memory, for its own files only. Everything belongs to one core.
 *
 * Two states: `durable` is what sessions see, `pending` what the next change is computed on. A change
 * (change.h) moves pending when it is built and durable when it has been committed; between the two it hangs in
 * `in_flight` lists, from where message_pending looks up what is about to become of a message. When
 * one fails, so does every later one of its chain: pending falls back to durable, but uids go on. */
#pragma once

#include "base/map.h"
#include "mail/layout.h"
#include "mail/rights.h"

#include <pthread.h>
#include <stdatomic.h>

#define ACCOUNT_MAGIC 0x4d414343u
#define MAILBOX_MAGIC 0x4d424f58u
#define VIEW_MAGIC 0x56494557u

struct mail_core {
    struct mail *m;
    struct map accounts; /* by id */
    struct list idle;    /* accounts without users, the longest unused first */
    size_t n_idle;
    struct list unselected; /* struct messages without views, the longest unused first */
    size_t unselected_bytes, replica_bytes;
    struct list replicas; /* of mailboxes of other accounts: replica.h */
    struct list stale;    /* struct staleness: images to be written anew, some time */
    bool tending;         /* somebody is at it */
    uint64_t next_view_id;
    struct mail_rules rules;
    struct co_event count_wanted;
    struct map pop3_logins;    /* by account (pop3.c) */
    struct map shut;           /* struct shut_account, by id: nobody opens these */
    struct co_waitq forgotten; /* an account has gone from memory */
    bool counting;             /* mail_count is due or under way: */
    uint64_t counted_to;       /* up to this account it is done */
};

/* What the accounts of a domain hold together, and may. All cores share it: sums that are added to, and read as they are. */
struct domain_use {
    uint64_t id;
    _Atomic int64_t bytes, messages;
    _Atomic uint64_t max_bytes, max_messages;
};

struct quarantined {
    uint64_t account, email;
};

struct mail {
    struct mail_options opt;
    struct mail_core *cores;
    struct quarantined *quarantine; /* filled before the cores run */
    size_t n_quarantine;
    pthread_mutex_t domains_mutex; /* over the map; entries stay */
    struct map domains;            /* struct domain_use, by number */
    _Atomic unsigned counting;     /* cores that have not counted yet */
    atomic_bool count_wanted;      /* somebody wants to know */
};

/* Another account that shares something with this one. */
struct grantor {
    uint64_t owner, at_us;
};

struct counts {
    int64_t messages, unseen, deleted, bytes;
};

struct account {
    uint32_t magic;
    uint64_t id;
    struct mail_core *core;
    struct list link; /* in core->idle when unused */
    bool removed;     /* for good: only mail_erase still has it open */
    bool ready, lost; /* lost: somebody else wrote to it; it is read anew once nobody has it open */
    enum st load_st;
    struct co_waitq loading;
    unsigned users;     /* sessions, views, operations, changes in flight */
    struct arena names; /* of mailboxes and subscriptions; lives as long as the account */
    struct account_rec rec;
    struct mailbox **mailboxes;
    size_t n_mailboxes, cap_mailboxes;
    struct mailbox *inbox;
    struct str *subs; /* durable, sorted */
    size_t n_subs, cap_subs;
    uint64_t version, next_version; /* durable; what the next part expects */
    uint32_t chain;
    unsigned in_flight;
    struct map refs; /* email id -> pending count; for shared emails while changes need them (refs.c) */
    unsigned refs_users;
    uint64_t refs_generation;
    struct counts have, will; /* of all mailboxes: durable, pending */
    struct {
        uint64_t bytes, messages;
        unsigned n; /* deliveries */
    } reserved;     /* for letters whose other recipients are still being asked */
    struct account_limits limits;
    bool limits_known;
    bool rec_dirty; /* to be written with the next change */
    bool counted;   /* what `told` says is part of its domain's use */
    struct domain_use *domain;
    struct counts told;
    struct list watches; /* struct account_watch */
    struct grantor *grantors;
    size_t n_grantors, cap_grantors;
    struct replica *replica; /* of another core's: replica.h; NULL: it is the account itself */
    bool acl_busy;           /* somebody changes an access control list */
    struct co_waitq acl_wait;
    bool notes_busy; /* somebody writes notes, which are counted for it */
    struct co_waitq notes_wait;
    struct list note_watches;
    struct list taps;   /* far_watch.c: who of other accounts wants to hear of it */
    bool url_keys_busy; /* somebody makes one */
    struct co_waitq url_keys_wait;
    bool fetched_busy; /* somebody notes what was fetched over POP3 */
    struct co_waitq fetched_wait;
    bool kept_busy; /* somebody takes deleted messages away, or brings them back */
    struct co_waitq kept_wait;
};

/* A mailbox's place in the tree of names. */
struct node {
    struct str name;
    enum mail_use use;
    bool exists, noselect;
};

struct mailbox {
    uint32_t magic;
    uint32_t id, uidvalidity;
    unsigned users; /* views, changes, operations: it stays while there are any */
    struct account *a;
    struct node durable, pending;
    struct counts have, will; /* durable, pending */
    uint32_t uidnext, uidnext_pending;
    uint32_t first_recent, recent; /* uids below were \Recent to somebody; how many are not below */
    uint64_t highestmodseq;
    uint32_t url_key_resets; /* url_key.h */
    struct acl *acl;         /* durable, owned; NULL: there is none */
    struct list followers;   /* replicas, replica.h */
    struct str *keywords;    /* texts in the account's arena */
    uint64_t keywords_taken; /* bits that the change being built stands on */
    uint8_t n_keywords, n_keywords_durable;
    bool pop3_locked;
    bool renamed;          /* a keyword's place was given to another name */
    struct list in_flight; /* struct mailbox_change with edits, oldest first */
    struct list adding;    /* the same with adds */
    struct list views;
    struct messages *messages; /* NULL: not in memory */
    struct staleness *stale;   /* NULL: nothing has changed since its image was written, or it has none */
};

/* How far the image of a large mailbox is behind it (image.c). */
struct staleness {
    struct list link; /* in core->stale */
    struct mailbox *mb;
    uint64_t behind; /* messages that have changed since, as far as is known */
    mono_ms at;      /* when the last one did */
};

enum journal_what { JOURNAL_ADDED, JOURNAL_REMOVED, JOURNAL_FLAGS, JOURNAL_KEYWORDS, JOURNAL_RIGHTS, JOURNAL_DELETED };
struct journal_entry {
    enum journal_what what;
    uint32_t lo, hi;
    uint64_t origin; /* the view that did it; 0: none */
    uint64_t reader; /* the only one whom it concerns; 0: all */
};

/* The messages of one mailbox, durable state, by ascending uid. */
struct mailbox_change;
struct orders;
struct messages {
    struct mailbox *mb;
    struct list link; /* in core->unselected */
    size_t charged;   /* its part of core->unselected_bytes or replica_bytes */
    bool loading, unselected;
    unsigned pins;     /* somebody reads it bit by bit: it stays */
    mono_ms unused_at; /* nobody has had it selected since */
    enum st load_st;
    struct co_waitq waiting;
    struct mailbox_change **late; /* durable since loading began; they are applied behind it */
    size_t n_late, cap_late;
    size_t n, cap;
    uint32_t *uid, *size;
    uint8_t *flags;
    uint64_t *keywords, *modseq, *internal_date, *save_date, *email, *blob;
    struct journal_entry *journal;
    size_t n_journal, cap_journal;
    struct orders *orders; /* of SORT; NULL: none was kept */
    uint64_t journal_base; /* position of journal[0] */
};
#define MESSAGE_BYTES 57u

struct view {
    uint32_t magic;
    struct replica *replica;      /* whose mailbox it looks at; NULL: it is of the account itself */
    struct account *actor;        /* who looks, held; NULL: the account itself, or a view of the moment */
    struct reader *reader;        /* what he has seen */
    uint64_t guest, guest_domain; /* 0: the owner */
    uint32_t told_rights, limit;  /* limit: of a view of the moment, the last uid that the true one has */
    char *shown;                  /* name, as the guest has it */
    bool read_only, resync;       /* resync: too far behind for the journal */
    bool tells_own, is_limited;
    uint64_t id;
    struct mailbox *mb;
    struct list link;
    uint32_t n;     /* messages as reported */
    uint32_t *uids; /* NULL: they are the first n of messages; else n of them, with a gap */
    size_t gap_at, gap_n;
    uint64_t pos;       /* in the journal */
    uint64_t own_pos;   /* what this view has expunged is told up to here (view_next_own_expunge) */
    uint32_t entry_uid; /* of the entry at pos: this uid and later ones remain; 0: all */
    uint32_t resync_uid;
    uint64_t resync_modseq, seen_modseq;
    uint32_t seen_uidnext;
    struct uid_range *held; /* expunged, not reported; ascending by time only */
    size_t n_held, cap_held;
    struct uid_range *recent; /* ascending */
    size_t n_recent, cap_recent;
    void (*on_change)(void *arg);
    void *on_change_arg;
    const struct view_watcher *watcher;
    struct mailbox_info info;
};

/* mail.c */
struct mail_core *mail_core_here(struct mail *m);
bool mail_is_quarantined(const struct mail *m, uint64_t account, uint64_t email);

/* account.c */
enum st account_open_any(struct mail *m, uint64_t id, struct account **out) SUSPENDS MUST_USE; /* a removed one too */
struct account *account_cached(struct mail *m, uint64_t id); /* ready and usable, with a use counted; or NULL */
void account_hold(struct account *a);
void account_release(struct account *a);
void account_free(struct account *a);
struct store *account_store(const struct account *a);
struct mailbox *account_mailbox(const struct account *a, struct str name, bool pending);
/* A copy that lives as long as the account does; that of the mailbox of this name where there is one. */
struct str account_name(struct account *a, struct str name);
struct mailbox *account_mailbox_of(const struct account *a, uint32_t id); /* one that exists, or will; or NULL */
/* What stands for an account of another core where only reading needs it. */
struct account *account_shell(struct mail_core *core, uint64_t id);
struct mailbox *mailbox_new(struct account *a, uint32_t id, uint32_t uidvalidity);
void mailbox_hold(struct mailbox *mb);
void mailbox_release(struct mailbox *mb);
/* Fails with ST_TRYLATER when the account was lost. */
enum st account_check(const struct account *a) MUST_USE;

/* keywords.c: bit of a keyword among the pending ones; -1 when there is none (and `make` is not set, or no room). When all are
 * taken and the messages are in memory, one that no message carries gives up its place. */
int mailbox_keyword(struct mailbox *mb, struct str name, bool make);
/* Before names are made: has the messages in memory should that matter; they stay there until the next wait. */
enum st keywords_prepare(struct mailbox *mb, const struct str *names, size_t n) SUSPENDS MUST_USE;
bool keyword_is_valid(struct str name);

/* usage.c */
void counts_add(struct counts *c, const struct counts *d, int sign);
void usage_loaded(struct account *a);  /* its counts are those of the store */
void usage_changed(struct account *a); /* the durable counts have moved: the domain's do */
void usage_count(struct account *a);   /* it had not been counted */
void usage_learn(struct account *a, const struct account_limits *limits, bool is_now);
enum st usage_check(const struct account *a, const struct account_limits *limits, uint64_t bytes, uint64_t messages)
    MUST_USE;
/* Room that usage_check has found is kept for a letter, and given back. While any is kept the account is neither erased nor repaired:
 * usage_wait_unreserved waits for that. ST_BUSY. */
void usage_reserve(struct account *a, uint64_t bytes, uint64_t messages);
void usage_unreserve(struct account *a, uint64_t bytes, uint64_t messages);
enum st usage_wait_unreserved(const struct account *a) SUSPENDS MUST_USE;
void usage_forget_domains(struct mail *m);
enum st account_settle(struct account *a) SUSPENDS MUST_USE; /* what the directory said is written */

/* messages.c */
enum st messages_load(struct mailbox *mb)
    SUSPENDS MUST_USE; /* on ST_OK mb->messages is there until the next wait, or as long as a view is */
void messages_free(struct messages *m);
size_t messages_from(const struct messages *m, uint32_t uid); /* index of the first with at least this uid */
bool messages_find(const struct messages *m, uint32_t uid, size_t *out_i);
struct messages *messages_new(struct mailbox *mb, size_t cap);
/* Those behind the last one that it has, so many at most; false: that was all. */
bool messages_copy_some(struct messages *m, const struct messages *from, size_t most);
void messages_weigh(struct messages *m); /* of a replica: it is complete, or has grown */
void messages_pin(struct messages *m);   /* somebody reads it bit by bit: it stays until messages_unpin */
void messages_unpin(struct messages *m);
void messages_use(struct messages *m);                                      /* a view has come */
void messages_unuse(struct messages *m);                                    /* none is left */
void messages_drop(struct messages *m);                                     /* unselected: out of memory with it */
void messages_evict(struct mail_core *core, uint64_t unused_ms);            /* those that nobody has used for so long */
void messages_room(struct messages *m, size_t cap);                         /* at least */
void messages_put(struct messages *m, const struct hot *h);                 /* new, or as it is now */
void messages_take_out(struct messages *m, const uint32_t *uids, size_t n); /* ascending, and there */
void messages_apply(struct messages *m, const struct mailbox_change *mc);
struct hot messages_hot(const struct messages *m, size_t i);

/* pack.c: some messages as bytes, and back. Pure. */
#ifndef PACK_MOST
#define PACK_MOST 16384u
#endif
void messages_pack(const struct messages *m, size_t from, size_t n, struct buf *out); /* n <= PACK_MOST */
enum st messages_unpack(struct messages *m, struct str bytes) MUST_USE; /* behind those that are there; ST_CORRUPT */

/* pop3.c */
void pop3_logins_free(struct mail_core *core);

/* grantors.c */
void grantors_put(struct account *a, uint64_t owner, uint64_t at_us);

/* image.c */
/* Loading: the messages from the mailbox's image, brought up to date. Anything but ST_OK: walk over the rows. */
enum st messages_recall(struct messages *m) SUSPENDS MUST_USE;
void mailbox_stale(struct mailbox *mb, uint64_t changes); /* so much more has changed since its image was written */
void mailbox_not_stale(struct mailbox *mb);
enum st mailbox_forget_image(struct account *a, uint32_t mailbox) SUSPENDS MUST_USE;
enum st images_sweep(struct mail_core *core) SUSPENDS MUST_USE; /* those of mailboxes that are no more */

/* watch.c */
struct change;
void watches_note(const struct change *c);            /* it is about to become durable */
void watches_wake(const struct account *a);           /* it has */
unsigned watch_what(const struct mailbox_change *mc); /* WATCH_ADDED ... */

/* far_watch.c */
void taps_note(const struct change *c); /* as watches_note */
void taps_end_all(struct account *a);

/* journal.c */
void journal_add(struct messages *m, enum journal_what what, uint32_t lo, uint32_t hi, uint64_t origin);
/* Flags, of one reader alone. */
void journal_add_for(struct messages *m, uint32_t lo, uint32_t hi, uint64_t origin, uint64_t reader);
void journal_wake(struct mailbox *mb);

/* mailbox.c: durable state */
struct str mailbox_canonical(struct arena *ar, struct str name); /* INBOX in capitals */
enum st mailbox_status_own(struct account *a, struct arena *ar, struct str name, struct mailbox_info *out) MUST_USE;
enum st mailbox_count_deleted_own(struct account *a, struct mailbox_info *info) SUSPENDS MUST_USE;
enum st mailbox_delete_own(struct account *a, struct str name) SUSPENDS MUST_USE;
void mailbox_describe(const struct mailbox *mb, struct mailbox_info *out);

/* May `mb` (NULL: a new one) have that use? ST_DENIED: another mailbox has it. */
enum st mailbox_check_use(const struct account *a, const struct mailbox *mb, enum mail_use use) MUST_USE;

/* notes.c: those of one mailbox for another one too. ST_LIMIT: there is no room for them. */
enum st notes_copy(struct mailbox *from, struct mailbox *to) SUSPENDS MUST_USE;

/* view.c */
void view_progress(const struct view *v, uint64_t done, uint64_t of) SUSPENDS;
struct guest;
/* On the mailbox, whose core this is, for a guest or (NULL) its owner. */
enum st view_of(struct mailbox *mb, bool read_only, const struct guest *g, struct view **out) SUSPENDS MUST_USE;
/* Its messages are in memory. */
struct view *view_begin(struct mailbox *mb, bool read_only, const struct guest *g);
bool view_place(const struct view *v, uint32_t seq, size_t *out_i); /* index among the messages; false: gone */
void view_detach_all(struct messages *m, size_t from); /* the messages from index `from` on are about to move */
void view_fall_behind(struct view *v);

/* kept.c */
struct change;
struct hot;
bool kept_is_on(const struct account *a); /* what is deleted now is kept */
uint64_t kept_seconds(const struct account *a);
void kept_put(struct change *c, const struct mailbox *mb, const struct hot *h);
/* From which time on what is kept comes to no more than `most` bytes; 0: all does. */
enum st kept_excess(struct account *a, uint64_t most, uint64_t *out_before_us) SUSPENDS MUST_USE;
/* What was deleted before then goes for good; at most `most`. */
enum st kept_purge_some(struct account *a, uint64_t before_us, size_t most, size_t *out_n) SUSPENDS MUST_USE;

/* refs.c: how many messages refer to an email, for those with HOT_SHARED. */
enum st refs_load(struct account *a, const uint64_t *emails, size_t n) SUSPENDS MUST_USE;
bool refs_known(const struct account *a, uint64_t email);
uint32_t refs_get(const struct account *a, uint64_t email);
void refs_put(struct change *c, uint64_t email, uint32_t refs); /* 0: the email goes */
/* Emails that may not be there: refs_get is 0 then. Between refs_hold and refs_release; when nothing has waited all is known. */
struct refs_wanted {
    uint64_t email, blob;
    bool is_other; /* there is one of that number, which has another body */
};
enum st refs_find(struct account *a, struct refs_wanted *w, size_t n, bool *out_waited) SUSPENDS MUST_USE;
void refs_new(struct account *a, uint64_t email); /* which was not there; it is counted from the beginning */
void refs_hold(struct account *a);
void refs_release(struct account *a);
void refs_forget(struct account *a);

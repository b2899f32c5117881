/* What stands in the store for an account: keys and records, byte for byte (docs/formats/mail.md draws them).
 * Keys are a letter and big-endian numbers, so that they sort; records begin with their version. Readers check
 * everything and answer ST_CORRUPT. Pure. */
#pragma once

#include "base/limits.h"
#include "base/rec.h"
#include "mail/keep.h"
#include "mail/mail.h"

/* The account whose grantors are those that share with everybody; it has no mailboxes. The directory gives numbers of 64 random bits. */
#define MAIL_EVERYBODY (UINT64_MAX - 16)

/* Its rows are the trace (mail/trace.h); it has no mailboxes either. */
#define MAIL_TRACE (UINT64_MAX - 17)
static inline bool mail_is_nobody(uint64_t account)
{
    return account == MAIL_EVERYBODY || account == MAIL_TRACE;
}

enum {
    KEY_ACCOUNT = 'A',
    KEY_ACL = 'C',
    KEY_FETCHED = 'D',
    KEY_EMAIL = 'E',
    KEY_GRANTOR = 'G',
    KEY_HOT = 'H',
    KEY_LOG = 'L',
    KEY_MAILBOX = 'M',
    KEY_NOTE = 'N',
    KEY_SEEN = 'P',
    KEY_REFS = 'R',
    KEY_SUBSCRIPTION = 'S',
    KEY_UIDL = 'T',
    KEY_URL_KEY = 'U',
    KEY_TRACE = 'W',
    KEY_KEPT = 'X',
};

struct str key_account(void);
struct str key_mailbox(struct arena *a, uint32_t mailbox);
struct str key_hot(struct arena *a, uint32_t mailbox, uint32_t uid);
struct str key_email(struct arena *a, uint64_t email);
struct str key_refs(struct arena *a, uint64_t email);
struct str key_log(struct arena *a, uint64_t modseq);
struct str key_subscription(struct arena *a, struct str name);
struct str key_kept(struct arena *a, uint64_t at_us, uint32_t mailbox, uint32_t uid);
struct str key_letter(struct arena *a, char letter); /* where the keys with that letter begin */

/* Changes when a mailbox is made, and when the directory says something new. */
struct account_rec {
    uint32_t next_mailbox, uidvalidity_high;
    uint64_t log_low;                     /* the change log is complete from this modseq on */
    uint64_t domain;                      /* its number in the directory; 0: not heard of yet */
    uint32_t keep_s;                      /* as in struct account_limits */
    bool removed;                         /* the account is gone for good, its mail going */
    bool has_acl, has_grantors, has_seen; /* it had such rows once */
    bool is_public;                       /* mail/shared.h */
    bool has_fetched, has_uidls;          /* it had such rows once */
    uint32_t retention;                   /* as in struct account_limits */
};
struct str account_rec_put(struct arena *a, const struct account_rec *r);
enum st account_rec_get(struct str value, struct account_rec *out) MUST_USE;

struct mailbox_rec {
    struct str name;
    enum mail_use use;
    bool noselect;
    uint32_t uidvalidity, uidnext, first_recent, messages, unseen, deleted, recent;
    uint64_t highestmodseq, bytes;
    unsigned n_keywords;
    struct str keywords[LIMIT_KEYWORDS];
};
struct str mailbox_rec_put(struct arena *a, const struct mailbox_rec *r);
enum st mailbox_rec_get(struct str key, struct str value, uint32_t *out_id, struct mailbox_rec *out) MUST_USE;

/* One message in one mailbox. */
#define HOT_BYTES 56
#define HOT_SHARED 0x80u /* among the flags: other messages refer to the same email, or did: ask the R record */
#define HOT_FLAGS 0x1fu  /* MAIL_SEEN to MAIL_DRAFT */
/* Ids of emails that came from another account by COPY or MOVE. RFC 8474 section 5.1: EMAILID is the same before and behind it. So the new
 * id is made of the old one, and what a user is shown of an email, in his account or in others', is the same for both. */
#define EMAIL_TAKEN (1ull << 63)
/* As `who` is shown the email of the account `owner`: his own as they are. */
uint64_t email_shown(uint64_t email, uint64_t owner, uint64_t who);
/* The id in the account `to` of a copy of it. */
uint64_t email_taken(uint64_t email, uint64_t from, uint64_t to);

struct hot {
    uint32_t uid, size;
    uint8_t flags;
    uint64_t keywords, modseq, internal_date_us, save_date_us, email, blob;
};
struct str hot_put(struct arena *a, const struct hot *h);
enum st hot_get(struct str key, struct str value, struct hot *out) MUST_USE;

/* A message that was deleted and can still be had back. */
struct kept_rec {
    uint64_t at_us;
    uint32_t mailbox;
    struct hot hot;  /* as it was, with its uid */
    struct str name; /* of the mailbox */
    unsigned n_keywords;
    struct str keywords[LIMIT_KEYWORDS]; /* of the set bits, the lowest first */
};
struct str kept_rec_put(struct arena *a, const struct kept_rec *r);
enum st kept_rec_get(struct str key, struct str value, struct kept_rec *out) MUST_USE;

/* Opens the value of an E record; views go into it. */
struct str email_rec_put(struct arena *a, uint64_t blob, struct str prefix, struct str record);
enum st email_rec_get(uint64_t id, struct str value, struct email *out) MUST_USE;

/* An access control list (RFC 4314): who may what with a mailbox, its owner aside. */
struct acl_entry {
    uint64_t who; /* an account; 0: anyone */
    bool negative;
    uint32_t rights;
};
struct acl {
    size_t n;
    struct acl_entry e[];
};
struct str key_acl(struct arena *a, uint32_t mailbox);
struct str acl_rec_put(struct arena *a, const struct acl *acl);
enum st acl_rec_get(struct str key, struct str value, uint32_t *out_mailbox, struct acl **out) MUST_USE; /* owned */

/* Of an account: which others share something with it, perhaps, and when that was last written. */
struct str key_grantor(struct arena *a, uint64_t owner);
struct str grantor_rec_put(struct arena *a, uint64_t at_us);
enum st grantor_rec_get(struct str key, struct str value, uint64_t *out_owner, uint64_t *out_at_us) MUST_USE;

/* \Seen of somebody else's, in a mailbox that is open to him. */
struct seen_rec {
    uint64_t who, modseq;
    uint32_t mailbox, uid;
    bool seen;
};
struct str key_seen(struct arena *a, uint32_t mailbox, uint64_t who, uint32_t uid);
struct str seen_rec_put(struct arena *a, bool seen, uint64_t modseq);
enum st seen_rec_get(struct str key, struct str value, struct seen_rec *out) MUST_USE;

/* A note on a mailbox (mail/notes.h). Whose it is: everybody's, the account's own, or another account's. */
#define NOTE_SHARED 0u
#define NOTE_OWN UINT64_MAX
struct note_rec {
    uint32_t mailbox; /* 0: of the account */
    uint64_t who;
    struct str name, value;
};
struct str key_note(struct arena *a, uint32_t mailbox, uint64_t who,
                    struct str name); /* 0 and "": where the mailbox's begin */
struct str note_rec_put(struct arena *a, struct str value);
enum st note_rec_get(struct str key, struct str value, struct note_rec *out) MUST_USE;

/* A mailbox access key (mail/url_key.h). owner 0: of the account's own mailbox. */
struct str key_url_key(struct arena *a, uint64_t owner, uint32_t mailbox);
struct str url_key_rec_put(struct arena *a, const unsigned char key[32]);
enum st url_key_rec_get(struct str value, unsigned char out[32]) MUST_USE;
enum st url_key_key_get(struct str key, uint64_t *out_owner, uint32_t *out_mailbox) MUST_USE;

/* Messages of a mailbox that were first fetched over POP3 on that day (since 1970), a part of them. */
#define FETCHED_RANGES 512u
struct fetched_rec {
    uint32_t day, mailbox, part;
    struct uid_range r[FETCHED_RANGES];
    size_t n; /* ascending, apart */
};
struct str key_fetched(struct arena *a, uint32_t day, uint32_t mailbox, uint32_t part);
struct str fetched_rec_put(struct arena *a, const struct fetched_rec *r);
enum st fetched_rec_get(struct str key, struct str value, struct fetched_rec *out) MUST_USE;

/* The unique id of POP3 that a message came here with. */
struct uidl_rec {
    uint32_t mailbox, uid;
    struct str uidl;
};
struct str key_uidl(struct arena *a, uint32_t mailbox, uint32_t uid);
struct str uidl_rec_put(struct arena *a, struct str uidl);
enum st uidl_rec_get(struct str key, struct str value, struct uidl_rec *out) MUST_USE;

/* The trace: two rings of batches. */
enum trace_ring { TRACE_LETTERS, TRACE_REFUSALS, TRACE_RINGS };
enum trace_part { TRACE_EVENTS = 'E', TRACE_INDEX = 'I', TRACE_STATE = 'S' };
struct str key_trace(struct arena *a, enum trace_ring ring, enum trace_part part, uint64_t batch);
enum st trace_key_get(struct str key, uint64_t *out_batch) MUST_USE;

/* Which batches there are: from `low` up to, not including, `next`. */
struct trace_state {
    uint64_t low, next, bytes; /* the latter: of keys and values of its rows */
};
struct str trace_state_put(struct arena *a, const struct trace_state *s);
enum st trace_state_get(struct str value, struct trace_state *out) MUST_USE;

/* The index of a batch: for each hash where an event begins in the batch's events. */
struct trace_index {
    uint64_t first_us, last_us;
    uint32_t bytes, n;           /* of the events; of the hashes */
    const char *hashes, *places; /* n u64 and n u32, little-endian */
};
void trace_index_put(struct buf *b, const struct trace_index *x);
enum st trace_index_get(struct str value, struct trace_index *out) MUST_USE;

struct str refs_rec_put(struct arena *a, uint32_t refs);
enum st refs_rec_get(struct str value, uint32_t *out) MUST_USE;

/* The change log: what one commit did. Entries are ranges of uids, for LOG_EMAILS_GONE ids. */
enum log_kind {
    LOG_ADDED = 1,
    LOG_CHANGED,
    LOG_VANISHED,
    LOG_EMAILS_GONE,
    LOG_MAILBOX_MADE,
    LOG_MAILBOX_CHANGED,
    LOG_MAILBOX_GONE,
    LOG_TOUCHED, /* in something that no client sees */
    LOG_KINDS
};
struct log_entry {
    enum log_kind kind;
    uint32_t mailbox;
    const struct uid_range *ranges;
    const uint64_t *ids;
    size_t n;
};
struct str log_rec_put(struct arena *a, const struct log_entry *e, size_t n);
/* Reads entry after entry; ranges and ids go into the arena. False at the end; then ask rec_end. */
bool log_rec_begin(struct rec *r, struct str value);
bool log_rec_next(struct rec *r, struct arena *a, struct log_entry *out);

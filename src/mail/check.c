/* One pass over an account's rows, which come in the order of their letters: A, C, D, E, G, H, L, M, N, P, R, S, T, U, X. What E, H and R say is kept
 * in flat arrays and compared at the end. */
#include "mail/check.h"

#include "base/clock.h"
#include "base/must.h"
#include "mail/layout.h"
#include "mail/lost.h"
#include "mime/scan.h"

#include <inttypes.h>
#include <stdlib.h>

#define QUEUE_ACCOUNT 0
#define CHANGES_AT_ONCE 2000 /* in one commit of a repair */
#define LETTERS_AT_ONCE 100  /* that stand for lost ones, in one commit */
#define LOST_TOLD 10000      /* of an account, one by one */

void check_refs_add(struct check_refs *r, uint64_t blob)
{
    if (r->n == r->cap) {
        r->cap = r->cap * 2 + 256;
        r->ids = mem_resize(r->ids, r->cap * sizeof *r->ids);
    }
    r->ids[r->n++] = blob;
}

void check_refs_fini(struct check_refs *r)
{
    mem_free(r->ids);
    *r = (struct check_refs){0};
}

struct email_sum {
    uint64_t id, blob;
    uint32_t messages, refs; /* that refer to it; what R says, 0: nothing */
};

struct mailbox_sum {
    uint32_t id, messages, unseen, deleted, recent, last_uid;
    uint64_t bytes, modseq, keywords;
    bool has_record;
};

/* An email whose body can't be read. */
struct lost_email {
    uint64_t id, blob; /* as it was */
    struct str value;  /* its record */
    uint64_t now_id;   /* what stands for it; 0: nothing yet */
    uint64_t now_blob;
    uint32_t size, messages;
};

/* A message whose email is such a one. */
struct lost_message {
    uint32_t mailbox;
    struct hot hot; /* repairing: as it will be, but for its uid */
    struct str subject, from;
};

struct repair;

struct reading {
    struct repair *fix;     /* NULL: only looking */
    struct store_report *r; /* NULL: reading for a repair */
    struct check_refs *refs;
    struct mail_checked *out;
    uint64_t account, version;
    struct arena arena; /* of one row */
    bool has_account, has_inbox, is_removed;
    struct account_rec rec;
    struct email_sum *emails;
    size_t n_emails, cap_emails;
    struct mailbox_sum *mailboxes;
    size_t n_mailboxes, cap_mailboxes;
    struct check_bad bad;
    struct arena lost_arena; /* of what is lost in this account */
    struct lost_email *lost; /* in order of their ids */
    size_t n_lost, cap_lost;
    struct lost_message *lost_messages;
    size_t n_lost_messages, cap_lost_messages;
};

/* What a repair writes, a part of it at a time. */
struct repair {
    struct store *s;
    struct mail_repaired *out;
    struct arena arena;
    struct kv_change changes[CHANGES_AT_ONCE];
    struct kv_deref derefs[CHANGES_AT_ONCE];
    struct kv_blob blobs[LETTERS_AT_ONCE];
    size_t n, n_derefs, n_blobs;
    uint32_t n_emails;         /* made in this commit */
    uint64_t account, version; /* now */
    bool renew;                /* something was lost, or may have been */
    uint32_t uidvalidity;      /* the last one given */
    uint32_t last_mailbox;
    enum st st;
};

#define TELL(g, kind, ...)                                                                                             \
    do {                                                                                                               \
        if ((g)->r)                                                                                                    \
            store_tell((g)->r, kind, (g)->account, __VA_ARGS__);                                                       \
    } while (0)

/* --- repairing: writing ----------------------------------------------------------------------------------- */

static void flush(struct repair *f) SUSPENDS
{
    struct kv_part part = {.account = f->account, .expected_version = f->version, .changes = f->changes, .n = f->n};
    struct kv_part *parts[] = {&part};
    struct kv_commit c = {.parts = parts,
                          .n_parts = 1,
                          .blobs = f->blobs,
                          .n_blobs = f->n_blobs,
                          .derefs = f->derefs,
                          .n_derefs = f->n_derefs};

    part.chain = kv_chain(f->s, f->account);
    if (f->st == ST_OK && (f->n || f->n_derefs))
        f->st = kv_commit(f->s, &c);
    f->version++;
    f->n = f->n_derefs = f->n_blobs = f->n_emails = 0;
    arena_reset(&f->arena);
}

static void fix(struct repair *f, int op, struct str key, struct str value) SUSPENDS
{
    if (!f)
        return;
    if (f->n == ARRAY_LEN(f->changes) || f->n_derefs == ARRAY_LEN(f->derefs))
        flush(f);
    f->changes[f->n++] = (struct kv_change){arena_str(&f->arena, key), arena_str(&f->arena, value), op};
}

static void lose_row(struct repair *f, struct str key) SUSPENDS
{
    fix(f, KV_DEL, key, STR_NONE);
}

static bool has_body(struct reading *g, uint64_t blob) SUSPENDS
{
    uint64_t size;
    enum st st = blob_size(g->fix->s, blob, &size);

    if (st != ST_OK && st != ST_NOTFOUND)
        g->fix->st = st;
    return st != ST_NOTFOUND;
}

static void let_go_of(struct repair *f, uint64_t blob) SUSPENDS
{
    if (f->n_derefs == ARRAY_LEN(f->derefs))
        flush(f);
    f->derefs[f->n_derefs++] = (struct kv_deref){blob, -1};
}

static struct mailbox_sum *mailbox_of(struct reading *g, uint32_t id);

/* --- letters whose body can't be read ---------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_bad(const struct reading *g, uint64_t blob)
{
    return g->bad.n && bsearch(&blob, g->bad.ids, g->bad.n, sizeof blob, by_number);
}

static bool is_saved(const struct reading *g, uint64_t blob)
{
    const uint64_t *at = g->bad.n ? bsearch(&blob, g->bad.ids, g->bad.n, sizeof blob, by_number) : NULL;

    return at && g->bad.is_saved && g->bad.is_saved[at - g->bad.ids];
}

static struct lost_email *lost_of(struct reading *g, uint64_t id)
{
    return g->n_lost ? bsearch(&id, g->lost, g->n_lost, sizeof *g->lost, by_number) : NULL;
}

static void lose_email(struct reading *g, const struct email *e, struct str value)
{
    if (g->n_lost == g->cap_lost) {
        g->cap_lost = g->cap_lost * 2 + 16;
        g->lost = mem_resize(g->lost, g->cap_lost * sizeof *g->lost);
    }
    g->lost[g->n_lost++] = (struct lost_email){.id = e->id, .blob = e->blob, .value = arena_str(&g->lost_arena, value)};
}

/* The letter that stands for it: a body, an email. */
static enum st make_letter(struct reading *g, struct lost_email *l) SUSPENDS
{
    struct repair *f = g->fix;
    struct email e;
    struct str letter, file;
    struct buf record;

    TRY(email_rec_get(l->id, l->value, &e));
    if (f->n_blobs == ARRAY_LEN(f->blobs) || f->n == ARRAY_LEN(f->changes))
        flush(f);
    file = is_saved(g, l->blob) ? arena_printf(&f->arena, "lost+found/%" PRIu64 ".damaged", l->blob) : STR_NONE;
    letter = lost_letter(&f->arena, &e, file);
    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(letter, &record);
    l->now_blob = blob_new_id(f->s);
    l->now_id = (f->version + 1) << 20 | f->n_emails++;
    l->size = (uint32_t)(letter.n + e.prefix.n);
    f->blobs[f->n_blobs++] = (struct kv_blob){.id = l->now_blob, .bytes = letter, .refs = 1};
    f->changes[f->n++] = (struct kv_change){key_email(&f->arena, l->now_id),
                                            email_rec_put(&f->arena, l->now_blob, e.prefix, buf_str(&record)), KV_PUT};
    buf_fini(&record);
    return ST_OK;
}

static struct lost_message *lost_message(struct reading *g, uint32_t mailbox, const struct hot *h)
{
    if (g->n_lost_messages == g->cap_lost_messages) {
        g->cap_lost_messages = g->cap_lost_messages * 2 + 16;
        g->lost_messages = mem_resize(g->lost_messages, g->cap_lost_messages * sizeof *g->lost_messages);
    }
    g->lost_messages[g->n_lost_messages] = (struct lost_message){.mailbox = mailbox, .hot = *h};
    return &g->lost_messages[g->n_lost_messages++];
}

/* Told when its mailbox's name is known. */
static void note_lost(struct reading *g, uint32_t mailbox, const struct hot *h, const struct lost_email *l)
{
    struct lost_message *m;
    struct email e;

    if (g->n_lost_messages == LOST_TOLD) {
        TELL(g, "letter", "message %u of mailbox %u: its body can't be read", h->uid, mailbox);
        return;
    }
    m = lost_message(g, mailbox, h);
    if (email_rec_get(l->id, l->value, &e) == ST_OK) {
        m->subject = lost_subject(&g->lost_arena, &e);
        m->from = lost_sender(&g->lost_arena, &e);
    }
}

static void tell_lost(struct reading *g, uint32_t mailbox, struct str name)
{
    for (size_t i = 0; i < g->n_lost_messages; i++) {
        const struct lost_message *m = &g->lost_messages[i];

        if (m->mailbox == mailbox)
            TELL(g, "letter", "message %u of mailbox \"%.*s\", \"%.*s\" from %.*s: its body can't be read", m->hot.uid,
                 STR_ARGS(name), STR_ARGS(m->subject), STR_ARGS(m->from));
    }
}

/* The old message goes at once, the new one comes when its mailbox says which uid is next. */
static void replace(struct reading *g, struct str key, uint32_t mailbox, struct hot h, struct lost_email *l) SUSPENDS
{
    struct repair *f = g->fix;

    fix(f, KV_DEL, key, STR_NONE);
    if (!l->now_id && f->st == ST_OK)
        f->st = make_letter(g, l);
    h.email = l->now_id;
    h.blob = l->now_blob;
    h.size = l->size;
    h.flags |= HOT_SHARED;
    l->messages++;
    mailbox_of(g, mailbox);
    lost_message(g, mailbox, &h);
    f->out->replaced++;
}

/* --- an account as its rows have it ----------------------------------------------------------------------- */

static struct email_sum *email_of(struct reading *g, uint64_t id)
{
    size_t lo = 0, hi = g->n_emails;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (g->emails[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < g->n_emails && g->emails[lo].id == id ? &g->emails[lo] : NULL;
}

static struct mailbox_sum *mailbox_of(struct reading *g, uint32_t id)
{
    for (size_t i = g->n_mailboxes; i-- > 0;)
        if (g->mailboxes[i].id == id)
            return &g->mailboxes[i];
    if (g->n_mailboxes == g->cap_mailboxes) {
        g->cap_mailboxes = g->cap_mailboxes * 2 + 16;
        g->mailboxes = mem_resize(g->mailboxes, g->cap_mailboxes * sizeof *g->mailboxes);
    }
    g->mailboxes[g->n_mailboxes] = (struct mailbox_sum){.id = id};
    return &g->mailboxes[g->n_mailboxes++];
}

static uint64_t number_of(struct str key)
{
    struct rec r = rec_of(str_from(key, 1));

    return rec_u64_be(&r);
}

static void read_account(struct reading *g, struct str value)
{
    g->has_account = account_rec_get(value, &g->rec) == ST_OK;
    g->is_removed = g->has_account && g->rec.removed;
    if (!g->has_account)
        TELL(g, "account", "its record is damaged");
    else if (g->fix)
        g->fix->uidvalidity = MAX(g->fix->uidvalidity, g->rec.uidvalidity_high);
}

static void read_email(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct email e;

    if (key.n != 9 || email_rec_get(number_of(key), value, &e) != ST_OK) {
        TELL(g, "email", "the record of email %" PRIx64 " is damaged", number_of(key));
        lose_row(g->fix, key);
        return;
    }
    if (g->refs)
        check_refs_add(g->refs, e.blob);
    if (is_bad(g, e.blob) || (g->fix && !has_body(g, e.blob))) {
        lose_email(g, &e, value);
        lose_row(g->fix, key);
        if (g->fix && is_bad(g, e.blob))
            let_go_of(g->fix, e.blob);
        if (g->fix)
            return;
    }
    if (g->n_emails == g->cap_emails) {
        g->cap_emails = g->cap_emails * 2 + 64;
        g->emails = mem_resize(g->emails, g->cap_emails * sizeof *g->emails);
    }
    g->emails[g->n_emails++] = (struct email_sum){.id = e.id, .blob = e.blob};
}

static void add_message(struct mailbox_sum *m, const struct hot *h)
{
    m->messages++;
    m->unseen += !(h->flags & MAIL_SEEN);
    m->deleted += (h->flags & MAIL_DELETED) != 0;
    m->bytes += h->size;
    m->modseq = MAX(m->modseq, h->modseq);
    m->keywords |= h->keywords;
    m->last_uid = MAX(m->last_uid, h->uid);
}

static void lose_message(struct reading *g, struct str key) SUSPENDS
{
    if (!g->fix)
        return;
    g->fix->renew = true;
    g->fix->out->dropped++;
    lose_row(g->fix, key);
}

static void read_hot(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct rec k = rec_of(str_from(key, 1));
    uint32_t mailbox = rec_u32_be(&k);
    struct lost_email *lost;
    struct email_sum *e;
    struct hot h;

    if (hot_get(key, value, &h) != ST_OK) {
        TELL(g, "message", "the record of a message in mailbox %u is damaged", mailbox);
        lose_message(g, key);
        return;
    }
    lost = lost_of(g, h.email);
    if (lost && g->fix) {
        replace(g, key, mailbox, h, lost);
        return;
    }
    if (lost)
        note_lost(g, mailbox, &h, lost);
    e = email_of(g, h.email);
    if (!e || e->blob != h.blob) {
        TELL(g, "message", "message %u of mailbox %u refers to email %" PRIx64 ", which is not there", h.uid, mailbox,
             h.email);
        if (g->fix) {
            lose_message(g, key);
            return;
        }
    }
    if (e)
        e->messages++;
    add_message(mailbox_of(g, mailbox), &h);
    if (g->out)
        g->out->messages++;
}

static void lose_log(struct reading *g, struct str key)
{
    TELL(g, "log", "the change log is damaged at %" PRIu64, number_of(key));
    if (g->fix)
        g->fix->renew = true;
}

static void read_log(struct reading *g, struct str key, struct str value)
{
    struct log_entry entry;
    struct rec r;

    if (log_rec_begin(&r, value))
        while (log_rec_next(&r, &g->arena, &entry))
            continue;
    if (rec_end(&r, "log") != ST_OK || key.n != 9)
        lose_log(g, key);
    else if (number_of(key) > g->version)
        TELL(g, "log", "the change log goes beyond the account's version");
}

static void compare_mailbox(struct reading *g, const struct mailbox_sum *m, const struct mailbox_rec *r)
{
    if (m->messages != r->messages || m->unseen != r->unseen || m->deleted != r->deleted || m->bytes != r->bytes)
        TELL(g, "counts",
             "mailbox \"%.*s\" counts %u messages, %u unseen, %u deleted, %" PRIu64
             " bytes; there are %u, %u, %u, %" PRIu64,
             STR_ARGS(r->name), r->messages, r->unseen, r->deleted, r->bytes, m->messages, m->unseen, m->deleted,
             m->bytes);
    if (m->last_uid >= r->uidnext)
        TELL(g, "mailbox", "mailbox \"%.*s\" holds uid %u, and would give %u next", STR_ARGS(r->name), m->last_uid,
             r->uidnext);
    if (m->modseq > r->highestmodseq || r->highestmodseq > g->version)
        TELL(g, "mailbox", "mailbox \"%.*s\" has a highest modseq that does not fit", STR_ARGS(r->name));
    if (r->n_keywords < 64 && m->keywords >> r->n_keywords)
        TELL(g, "mailbox", "messages of mailbox \"%.*s\" carry keywords without a name", STR_ARGS(r->name));
    if (r->uidvalidity > g->rec.uidvalidity_high)
        TELL(g, "mailbox", "mailbox \"%.*s\" has a uidvalidity above all that the account gave", STR_ARGS(r->name));
}

/* Letters that stand for lost ones, with the next uids. */
static void add_letters(struct reading *g, uint32_t id, struct mailbox_rec *rec) SUSPENDS
{
    for (size_t i = 0; i < g->n_lost_messages; i++) {
        struct hot h = g->lost_messages[i].hot;
        struct arena a = ARENA_INIT;

        if (g->lost_messages[i].mailbox != id)
            continue;
        rec->uidnext = MAX(rec->uidnext, mailbox_of(g, id)->last_uid + 1);
        h.uid = rec->uidnext++;
        h.modseq = g->fix->version + 1;
        add_message(mailbox_of(g, id), &h);
        fix(g->fix, KV_PUT, key_hot(&a, id, h.uid), hot_put(&a, &h));
        arena_fini(&a);
    }
}

static void write_mailbox(struct reading *g, uint32_t id, struct mailbox_rec *rec) SUSPENDS
{
    const struct mailbox_sum *m;
    struct repair *f = g->fix;
    struct arena a = ARENA_INIT;

    add_letters(g, id, rec);
    m = mailbox_of(g, id);
    rec->messages = m->messages;
    rec->unseen = m->unseen;
    rec->deleted = m->deleted;
    rec->bytes = m->bytes;
    rec->recent = MIN(rec->recent, m->messages);
    rec->uidnext = MAX(rec->uidnext, m->last_uid + 1);
    rec->highestmodseq = f->version + 1;
    if (f->renew || rec->uidvalidity > f->uidvalidity)
        rec->uidvalidity = ++f->uidvalidity;
    f->last_mailbox = MAX(f->last_mailbox, id);
    f->out->mailboxes++;
    fix(f, KV_PUT, key_mailbox(&a, id), mailbox_rec_put(&a, rec));
    arena_fini(&a);
}

static void read_mailbox(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct mailbox_rec *rec = ARENA_NEW(&g->arena, struct mailbox_rec);
    struct mailbox_sum *m;
    uint32_t id;

    if (mailbox_rec_get(key, value, &id, rec) != ST_OK) {
        TELL(g, "mailbox", "the record of a mailbox is damaged");
        lose_row(g->fix, key);
        return;
    }
    m = mailbox_of(g, id);
    if (g->fix)
        write_mailbox(g, id, rec);
    m->has_record = true;
    g->has_inbox = g->has_inbox || str_eq(rec->name, STR("INBOX"));
    if (g->r) {
        tell_lost(g, id, rec->name);
        compare_mailbox(g, m, rec);
    }
    if (g->out)
        g->out->mailboxes++;
}

static void read_refs(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct email_sum *e = email_of(g, number_of(key));
    uint32_t refs;

    if (key.n != 9 || refs_rec_get(value, &refs) != ST_OK)
        TELL(g, "references", "a count of references is damaged");
    else if (!e)
        TELL(g, "references", "references to email %" PRIx64 " are counted, which is not there", number_of(key));
    else
        e->refs = refs;
    if (!e || !e->refs)
        lose_row(g->fix, key);
}

static void read_kept(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct kept_rec *k = ARENA_NEW(&g->arena, struct kept_rec);
    struct email_sum *e;

    if (kept_rec_get(key, value, k) != ST_OK) {
        TELL(g, "kept", "the record of a deleted message is damaged");
        lose_row(g->fix, key);
        return;
    }
    e = email_of(g, k->hot.email);
    if (e)
        e->messages++;
    else
        TELL(g, "kept", "a deleted message refers to email %" PRIx64 ", which is not there", k->hot.email);
    if (!e)
        lose_row(g->fix, key);
    if (!e && g->fix)
        g->fix->out->kept++;
    if (lost_of(g, k->hot.email))
        TELL(g, "letter", "message %u of mailbox \"%.*s\", which was deleted and is kept: its body can't be read",
             k->hot.uid, STR_ARGS(k->name));
    if (g->out)
        g->out->kept++;
}

/* Without its list a mailbox is open to nobody but its owner: nothing is given away by losing one. */
static void read_acl(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct acl *acl;
    uint32_t mailbox;

    if (acl_rec_get(key, value, &mailbox, &acl) == ST_OK) {
        mem_free(acl);
        return;
    }
    TELL(g, "rights", "the access control list of a mailbox is damaged");
    lose_row(g->fix, key);
}

static void read_grantor(struct reading *g, struct str key, struct str value) SUSPENDS
{
    uint64_t owner, at_us;

    if (grantor_rec_get(key, value, &owner, &at_us) == ST_OK)
        return;
    TELL(g, "rights", "the note that another account shares something is damaged");
    lose_row(g->fix, key);
}

static void read_seen(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct seen_rec rec;

    if (seen_rec_get(key, value, &rec) == ST_OK && rec.modseq <= g->version)
        return;
    TELL(g, "seen", "what somebody has seen of a mailbox is damaged");
    lose_row(g->fix, key);
}

/* Those of a mailbox that nothing else is known of belong to nobody any more. */
static void read_note(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct note_rec r;
    bool known = false;

    if (note_rec_get(key, value, &r) != ST_OK) {
        TELL(g, "note", "the record of a note is damaged");
        lose_row(g->fix, key);
        return;
    }
    for (size_t i = 0; !known && i < g->n_mailboxes; i++) /* mailboxes come before notes */
        known = g->mailboxes[i].id == r.mailbox;
    if (known || !r.mailbox)
        return;
    TELL(g, "note", "there is a note on mailbox %u, which is not there", r.mailbox);
    lose_row(g->fix, key);
}

static void read_url_key(struct reading *g, struct str key, struct str value) SUSPENDS
{
    unsigned char secret[32];
    uint64_t owner;
    uint32_t mailbox;
    bool known = false;

    if (url_key_key_get(key, &owner, &mailbox) != ST_OK || url_key_rec_get(value, secret) != ST_OK) {
        TELL(g, "rights", "a key for URLs is damaged");
        lose_row(g->fix, key);
        return;
    }
    for (size_t i = 0; !known && i < g->n_mailboxes; i++) /* mailboxes come before */
        known = g->mailboxes[i].id == mailbox;
    if (known || owner)
        return;
    TELL(g, "rights", "there is a key for URLs of mailbox %u, which is not there", mailbox);
    lose_row(g->fix, key);
}

static void read_fetched(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct fetched_rec r;

    if (fetched_rec_get(key, value, &r) == ST_OK)
        return;
    TELL(g, "fetched", "what was fetched over POP3 is damaged for a day");
    lose_row(g->fix, key);
}

/* Without it a message has the id that is made for it: a client fetches it once more. */
static void read_uidl(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct uidl_rec r;

    if (uidl_rec_get(key, value, &r) == ST_OK)
        return;
    TELL(g, "uidl", "the unique id that a message has for POP3 is damaged");
    lose_row(g->fix, key);
}

static void read_row(struct reading *g, struct str key, struct str value) SUSPENDS
{
    arena_reset(&g->arena);
    switch (key.n ? key.p[0] : 0) {
    case KEY_ACCOUNT: read_account(g, value); break;
    case KEY_EMAIL: read_email(g, key, value); break;
    case KEY_HOT: read_hot(g, key, value); break;
    case KEY_LOG: read_log(g, key, value); break;
    case KEY_MAILBOX: read_mailbox(g, key, value); break;
    case KEY_NOTE: read_note(g, key, value); break;
    case KEY_REFS: read_refs(g, key, value); break;
    case KEY_SUBSCRIPTION: break;
    case KEY_FETCHED: read_fetched(g, key, value); break;
    case KEY_UIDL: read_uidl(g, key, value); break;
    case KEY_ACL: read_acl(g, key, value); break;
    case KEY_GRANTOR: read_grantor(g, key, value); break;
    case KEY_SEEN: read_seen(g, key, value); break;
    case KEY_URL_KEY: read_url_key(g, key, value); break;
    case KEY_KEPT: read_kept(g, key, value); break;
    default: TELL(g, "account", "it has a row of an unknown kind"); break;
    }
}

static void compare(struct reading *g)
{
    if (!g->has_account)
        TELL(g, "account", "it has no record");
    else if (!g->has_inbox && !g->is_removed)
        TELL(g, "account", "it has no INBOX");
    if (!g->version)
        TELL(g, "account", "it has no version");
    for (size_t i = 0; i < g->n_emails; i++) {
        const struct email_sum *e = &g->emails[i];

        if (e->messages == 0)
            TELL(g, "email", "no message refers to email %" PRIx64, e->id);
        else if (e->messages != (e->refs ? e->refs : 1))
            TELL(g, "references", "%u messages refer to email %" PRIx64 ", %u are counted", e->messages, e->id,
                 e->refs ? e->refs : 1);
    }
    for (size_t i = 0; i < g->n_mailboxes; i++)
        if (!g->mailboxes[i].has_record)
            TELL(g, "mailbox", "there are %u messages of mailbox %u, which has no record", g->mailboxes[i].messages,
                 g->mailboxes[i].id);
}

static void next_account(struct reading *g, uint64_t account, uint64_t version)
{
    g->account = account;
    g->version = version;
    g->has_account = g->has_inbox = g->is_removed = false;
    g->rec = (struct account_rec){0};
    g->n_emails = g->n_mailboxes = g->n_lost = g->n_lost_messages = 0;
    arena_reset(&g->lost_arena);
}

static void fini(struct reading *g)
{
    arena_fini(&g->arena);
    arena_fini(&g->lost_arena);
    mem_free(g->emails);
    mem_free(g->mailboxes);
    mem_free(g->lost);
    mem_free(g->lost_messages);
}

enum st mail_check(struct store_view *v, struct store_report *r, struct check_refs *refs, struct check_bad bad,
                   struct mail_checked *out)
{
    struct reading g = {.r = r, .refs = refs, .bad = bad, .out = out, .account = QUEUE_ACCOUNT};
    struct str key, value;
    uint64_t account, version;
    enum st st = ST_OK, end;

    *out = (struct mail_checked){0};
    store_view_begin(v, NULL);
    while (st == ST_OK && store_view_next(v, &account, &key, &value)) {
        if (!store_goes_on(r))
            st = FAIL(ST_CANCELED, "the check was stopped");
        if (account == QUEUE_ACCOUNT || mail_is_nobody(account))
            continue;
        if (account != g.account) {
            if (g.account != QUEUE_ACCOUNT)
                compare(&g);
            st = store_view_version(v, account, &version);
            next_account(&g, account, st == ST_OK ? version : 0);
            out->accounts++;
        }
        read_row(&g, key, value);
    }
    if (g.account != QUEUE_ACCOUNT)
        compare(&g);
    end = store_view_end(v);
    fini(&g);
    return st == ST_OK ? end : st;
}

/* --- repairing: what is left to write when all rows have been read ------------------------------------------------ */

static void write_references(struct reading *g) SUSPENDS
{
    struct repair *f = g->fix;

    for (size_t i = 0; i < g->n_emails; i++) {
        const struct email_sum *e = &g->emails[i];
        struct arena a = ARENA_INIT;

        if (e->messages == 0) {
            fix(f, KV_DEL, key_email(&a, e->id), STR_NONE);
            let_go_of(f, e->blob);
        }
        if (e->messages > 1 && e->refs != e->messages)
            fix(f, KV_PUT, key_refs(&a, e->id), refs_rec_put(&a, e->messages));
        else if (e->messages <= 1 && e->refs)
            fix(f, KV_DEL, key_refs(&a, e->id), STR_NONE);
        arena_fini(&a);
    }
    for (size_t i = 0; i < g->n_lost; i++) {
        struct arena a = ARENA_INIT;

        if (g->lost[i].messages > 1)
            fix(f, KV_PUT, key_refs(&a, g->lost[i].now_id), refs_rec_put(&a, g->lost[i].messages));
        arena_fini(&a);
    }
}

/* Messages whose mailbox has no record get one, and so does an INBOX that is missing. */
static void write_mailboxes(struct reading *g) SUSPENDS
{
    uint32_t most = MAX(g->fix->last_mailbox, MAX(g->rec.next_mailbox, 1u) - 1);

    for (size_t i = 0; i < g->n_mailboxes; i++)
        most = MAX(most, g->mailboxes[i].id);
    if (!g->has_inbox)
        mailbox_of(g, most + 1);
    for (size_t i = 0; i < g->n_mailboxes; i++) {
        struct arena a = ARENA_INIT;
        struct mailbox_rec *rec = ARENA_NEW(&a, struct mailbox_rec);
        uint32_t id = g->mailboxes[i].id;

        if (!g->mailboxes[i].has_record) {
            rec->name = g->has_inbox ? arena_printf(&a, "Recovered %u", id) : STR("INBOX");
            rec->uidvalidity = ++g->fix->uidvalidity;
            rec->uidnext = 1;
            g->has_inbox = true;
            while (rec->n_keywords < LIMIT_KEYWORDS && g->mailboxes[i].keywords >> rec->n_keywords) {
                rec->keywords[rec->n_keywords] = arena_printf(&a, "recovered%u", rec->n_keywords);
                rec->n_keywords++;
            }
            write_mailbox(g, id, rec);
        }
        arena_fini(&a);
    }
}

static void write_account(struct reading *g) SUSPENDS
{
    struct repair *f = g->fix;
    struct arena a = ARENA_INIT;

    if (f->n || f->n_derefs)
        flush(f);
    if (f->renew)
        fix(f, KV_DEL_RANGE, key_letter(&a, KEY_LOG), key_letter(&a, KEY_LOG + 1));
    if (f->renew || f->out->replaced) /* messages have gone that it says nothing of, in any commit up to the next one */
        g->rec.log_low = f->version + 2;
    g->rec.next_mailbox = MAX(g->rec.next_mailbox, f->last_mailbox + 1);
    g->rec.uidvalidity_high = MAX(g->rec.uidvalidity_high, f->uidvalidity);
    fix(f, KV_PUT, key_account(), account_rec_put(&a, &g->rec));
    flush(f);
    arena_fini(&a);
}

/* A message that shares its email must say so, or expunging it would take the email from the others. */
static void mark_shared(struct reading *g, struct str key, struct str value) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct kept_rec *k = ARENA_NEW(&a, struct kept_rec);
    bool is_kept = key.n && key.p[0] == KEY_KEPT;
    struct hot *h = &k->hot;
    const struct email_sum *e;

    if ((is_kept ? kept_rec_get(key, value, k) : hot_get(key, value, h)) == ST_OK) {
        e = email_of(g, h->email);
        if (e && e->messages > 1 && !(h->flags & HOT_SHARED)) {
            h->flags |= HOT_SHARED;
            fix(g->fix, KV_PUT, key, is_kept ? kept_rec_put(&a, k) : hot_put(&a, h));
        }
    }
    arena_fini(&a);
}

static enum st read_rows(struct reading *g, struct store_view *v, bool only_mark) SUSPENDS
{
    struct str key, value;
    uint64_t account;

    store_view_begin(v, &g->account);
    while (g->fix->st == ST_OK && store_view_next(v, &account, &key, &value)) {
        if (!only_mark)
            read_row(g, key, value);
        else if (key.n && (key.p[0] == KEY_HOT || key.p[0] == KEY_KEPT))
            mark_shared(g, key, value);
        if (g->is_removed)
            break; /* its purge goes on by itself */
    }
    TRY(store_view_end(v));
    return g->fix->st;
}

static enum st repair(struct reading *g, struct store_view *v) SUSPENDS
{
    struct repair *f = g->fix;

    TRY(store_view_version(v, g->account, &g->version));
    f->version = g->version;
    TRY(read_rows(g, v, false));
    if (g->is_removed)
        return ST_OK;
    write_references(g);
    write_mailboxes(g);
    TRY(read_rows(g, v, true));
    write_account(g);
    return f->st;
}

enum st mail_repair(struct store *s, uint64_t account, bool renew, struct check_bad bad, struct mail_repaired *out)
{
    struct repair *f = MEM_NEW(struct repair);
    struct reading g = {.account = account, .fix = f, .bad = bad};
    struct store_view *v;
    enum st st;

    *out = (struct mail_repaired){0};
    if (mail_is_nobody(account)) { /* notes that the next SETACL of each owner writes again; the trace */
        mem_free(f);
        return ST_OK;
    }
    f->s = s;
    f->out = out;
    f->account = account;
    f->renew = renew;
    f->uidvalidity = (uint32_t)(clock_wall_us() / 1000000);
    st = store_images_remove(s, &account); /* what is repaired is not in the change log */
    if (st != ST_OK) {
        mem_free(f);
        return st;
    }
    store_view_open(s, &v);
    st = repair(&g, v);
    store_view_close(v);
    fini(&g);
    arena_fini(&f->arena);
    mem_free(f);
    return st;
}

/* Accounts: read into memory at first use, made when they were never used, and kept for a while when nobody
 * uses them. */
#include "mail/replica.h"

#include "base/must.h"

#define WAIT_MS 60000

struct store *account_store(const struct account *a)
{
    return a->core->m->opt.store;
}

uint64_t account_id(const struct account *a)
{
    return a->id;
}

enum st account_check(const struct account *a)
{
    must_obj(a, ACCOUNT_MAGIC);
    if (a->removed && !a->lost)
        return FAIL(ST_NOTFOUND, "account %016llx was removed", (unsigned long long)a->id);
    return a->lost ? FAIL(ST_TRYLATER, "account %016llx was changed by somebody else", (unsigned long long)a->id)
                   : ST_OK;
}

/* --- mailboxes in memory ------------------------------------------------------------------------------ */

struct mailbox *account_mailbox(const struct account *a, struct str name, bool pending)
{
    if (name.n == 5 && str_ieq(name, STR("INBOX")))
        return a->inbox;
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        const struct node *n = pending ? &a->mailboxes[i]->pending : &a->mailboxes[i]->durable;

        if (n->exists && str_eq(n->name, name))
            return a->mailboxes[i];
    }
    return NULL;
}

struct mailbox *account_mailbox_of(const struct account *a, uint32_t id)
{
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        struct mailbox *mb = a->mailboxes[i];

        if (mb->id == id && (mb->durable.exists || mb->pending.exists))
            return mb;
    }
    return NULL;
}

struct str account_name(struct account *a, struct str name)
{
    const struct mailbox *mb = account_mailbox(a, name, false);

    return mb && str_eq(mb->durable.name, name) ? mb->durable.name : arena_str(&a->names, name);
}

struct mailbox *mailbox_new(struct account *a, uint32_t id, uint32_t uidvalidity)
{
    struct mailbox *mb = MEM_NEW(struct mailbox);

    mb->magic = MAILBOX_MAGIC;
    mb->a = a;
    mb->id = id;
    mb->uidvalidity = uidvalidity;
    mb->uidnext = mb->uidnext_pending = mb->first_recent = 1;
    list_init(&mb->in_flight);
    list_init(&mb->adding);
    list_init(&mb->views);
    list_init(&mb->followers);
    if (a->n_mailboxes == a->cap_mailboxes) {
        a->cap_mailboxes = a->cap_mailboxes ? a->cap_mailboxes * 2 : 8;
        a->mailboxes = mem_resize(a->mailboxes, a->cap_mailboxes * sizeof(struct mailbox *));
    }
    a->mailboxes[a->n_mailboxes++] = mb;
    return mb;
}

static void mailbox_free(struct mailbox *mb)
{
    mailbox_not_stale(mb);
    messages_free(mb->messages);
    mem_free(mb->keywords);
    mem_free(mb->acl);
    mb->magic = 0;
    mem_free(mb);
}

void mailbox_hold(struct mailbox *mb)
{
    must_obj(mb, MAILBOX_MAGIC);
    mb->users++;
}

void mailbox_release(struct mailbox *mb)
{
    struct account *a = mb->a;

    must(mb->users > 0);
    if (--mb->users > 0 || mb->durable.exists || mb->pending.exists)
        return;
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        if (a->mailboxes[i] == mb)
            a->mailboxes[i] = a->mailboxes[--a->n_mailboxes];
    }
    mailbox_free(mb);
}

/* --- who uses an account --------------------------------------------------------------------------------- */

void account_free(struct account *a)
{
    list_del(&a->link);
    for (size_t i = 0; i < a->n_mailboxes; i++)
        mailbox_free(a->mailboxes[i]);
    mem_free(a->mailboxes);
    mem_free(a->subs);
    mem_free(a->grantors);
    map_fini(&a->refs);
    arena_fini(&a->names);
    a->magic = 0;
    mem_free(a);
}

static void forget(struct account *a)
{
    struct mail_core *core = a->core;

    if (map_get(&core->accounts, a->id) == a)
        map_del(&core->accounts, a->id);
    account_free(a);
    co_waitq_wake_all(&core->forgotten);
}

void account_hold(struct account *a)
{
    must_obj(a, ACCOUNT_MAGIC);
    if (a->users++ == 0 && a->ready) {
        list_del(&a->link);
        a->core->n_idle--;
    }
}

void account_release(struct account *a)
{
    struct mail_core *core = a->core;

    must_obj(a, ACCOUNT_MAGIC);
    must(a->users > 0);
    if (--a->users > 0)
        return;
    if (!a->ready || a->lost) {
        forget(a);
        return;
    }
    list_add_tail(&core->idle, &a->link);
    if (++core->n_idle > LIMIT_MAIL_ACCOUNTS) {
        core->n_idle--;
        forget(LIST_ITEM(core->idle.next, struct account, link));
    }
}

void account_close(struct account *a)
{
    account_release(a);
}

/* --- reading --------------------------------------------------------------------------------------------- */

static enum st read_record(void *arg, struct str key, struct str value)
{
    struct account *a = arg;

    (void)key;
    return account_rec_get(value, &a->rec);
}

static enum st read_mailbox(void *arg, struct str key, struct str value)
{
    struct account *a = arg;
    struct mailbox_rec r;
    struct mailbox *mb;
    uint32_t id;

    TRY(mailbox_rec_get(key, value, &id, &r));
    if (id >= a->rec.next_mailbox)
        return FAIL(ST_CORRUPT, "mailbox %u was never given a number", id);
    mb = mailbox_new(a, id, r.uidvalidity);
    mb->durable =
        (struct node){.name = arena_str(&a->names, r.name), .use = r.use, .exists = true, .noselect = r.noselect};
    mb->pending = mb->durable;
    mb->have = (struct counts){r.messages, r.unseen, r.deleted, (int64_t)r.bytes};
    mb->will = mb->have;
    counts_add(&a->have, &mb->have, 1);
    mb->uidnext = mb->uidnext_pending = r.uidnext;
    mb->first_recent = r.first_recent;
    mb->recent = r.recent;
    mb->highestmodseq = r.highestmodseq;
    for (unsigned i = 0; i < r.n_keywords; i++)
        mailbox_keyword(mb, r.keywords[i], true);
    mb->n_keywords_durable = mb->n_keywords;
    mb->keywords_taken = 0;
    if (str_eq(mb->durable.name, STR("INBOX")))
        a->inbox = mb;
    return ST_OK;
}

static enum st read_subscription(void *arg, struct str key, struct str value)
{
    struct account *a = arg;

    (void)value;
    if (a->n_subs == a->cap_subs) {
        a->cap_subs = a->cap_subs ? a->cap_subs * 2 : 8;
        a->subs = mem_resize(a->subs, a->cap_subs * sizeof *a->subs);
    }
    a->subs[a->n_subs++] = account_name(a, str_from(key, 1)); /* keys come sorted */
    return ST_OK;
}

static enum st read_acl(void *arg, struct str key, struct str value)
{
    struct account *a = arg;
    struct acl *acl;
    uint32_t id;

    TRY(acl_rec_get(key, value, &id, &acl));
    for (size_t i = 0; i < a->n_mailboxes; i++)
        if (a->mailboxes[i]->id == id && !a->mailboxes[i]->acl)
            a->mailboxes[i]->acl = TAKE(acl);
    mem_free(acl); /* of no mailbox */
    return ST_OK;
}

static enum st read_grantor(void *arg, struct str key, struct str value)
{
    uint64_t owner, at_us;

    TRY(grantor_rec_get(key, value, &owner, &at_us));
    grantors_put(arg, owner, at_us);
    return ST_OK;
}

/* What has been read stays here, decoded: the store need not remember the blocks that it came from (kv_walk). */
static enum st read_letter(struct account *a, char letter, enum st (*take)(void *arg, struct str key, struct str value))
    SUSPENDS
{
    struct arena arena = ARENA_INIT;
    enum st st =
        kv_walk(account_store(a), a->id, key_letter(&arena, letter), key_letter(&arena, (char)(letter + 1)), take, a);

    arena_fini(&arena);
    return st;
}

static const struct account_rec new_record = {.next_mailbox = 1, .log_low = 1, .keep_s = KEEP_DEFAULT};

static enum st make(struct account *a) SUSPENDS
{
    static const struct {
        struct str name;
        enum mail_use use;
    } rows[] = {
        {STR("INBOX"), MAIL_USE_NONE}, {STR("Drafts"), MAIL_USE_DRAFTS}, {STR("Sent"), MAIL_USE_SENT},
        {STR("Junk"), MAIL_USE_JUNK},  {STR("Trash"), MAIL_USE_TRASH},   {STR("Archive"), MAIL_USE_ARCHIVE},
    };
    struct change *c = change_begin(a);

    a->rec = new_record;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mailbox *mb = change_new_mailbox(c, rows[i].name, rows[i].use);

        change_subscription(c, rows[i].name, true);
        if (i == 0)
            a->inbox = mb;
    }
    return change_commit(c, NULL, 0);
}

static enum st load(struct account *a) SUSPENDS
{
    struct store *s = account_store(a);

    TRY(kv_version(s, a->id, &a->version));
    a->next_version = a->version;
    a->chain = kv_chain(s, a->id);
    TRY(read_letter(a, KEY_ACCOUNT, read_record));
    if (!a->rec.next_mailbox && a->version) /* there was one: what is left must not be written over */
        return FAIL(ST_CORRUPT, "account %016llx has lost its record: restante check --repair",
                    (unsigned long long)a->id);
    if (!a->rec.next_mailbox && a->id == MAIL_EVERYBODY) { /* nothing to write before there is a note */
        a->rec = new_record;
        a->rec_dirty = true;
        return ST_OK;
    }
    if (!a->rec.next_mailbox) /* there is none */
        return make(a);
    if (a->rec.removed)
        a->removed = true;
    TRY(read_letter(a, KEY_MAILBOX, read_mailbox));
    TRY(read_letter(a, KEY_SUBSCRIPTION, read_subscription));
    if (a->rec.has_acl)
        TRY(read_letter(a, KEY_ACL, read_acl));
    if (a->rec.has_grantors)
        TRY(read_letter(a, KEY_GRANTOR, read_grantor));
    a->will = a->have;
    return a->inbox || a->removed || a->id == MAIL_EVERYBODY
               ? ST_OK
               : FAIL(ST_CORRUPT, "account %016llx has no INBOX", (unsigned long long)a->id);
}

struct account *account_shell(struct mail_core *core, uint64_t id)
{
    struct account *a = MEM_NEW(struct account);

    a->magic = ACCOUNT_MAGIC;
    a->id = id;
    a->core = core;
    list_init(&a->link);
    list_init(&a->watches);
    co_waitq_init(&a->loading);
    co_waitq_init(&a->kept_wait);
    co_waitq_init(&a->fetched_wait);
    co_waitq_init(&a->acl_wait);
    co_waitq_init(&a->notes_wait);
    co_waitq_init(&a->url_keys_wait);
    list_init(&a->note_watches);
    list_init(&a->taps);
    return a;
}

static struct account *account_new(struct mail_core *core, uint64_t id)
{
    struct account *a = account_shell(core, id);

    map_put(&core->accounts, id, a);
    return a;
}

static enum st wait_loaded(struct account *a) SUSPENDS
{
    enum st st = co_waitq_wait(&a->loading, deadline_in(WAIT_MS));

    if (st != ST_OK || a->ready)
        return st;
    return FAIL(a->load_st, "account %016llx can't be opened", (unsigned long long)a->id);
}

static enum st load_first(struct account *a) SUSPENDS
{
    enum st st = load(a);

    a->load_st = st;
    a->ready = st == ST_OK;
    if (a->ready)
        usage_loaded(a);
    if (!a->ready && map_get(&a->core->accounts, a->id) == a)
        map_del(&a->core->accounts, a->id); /* the next one tries anew */
    co_waitq_wake_all(&a->loading);
    return st;
}

static enum st open_shut_too(struct mail_core *core, uint64_t id, struct account **out) SUSPENDS
{
    struct account *a = map_get(&core->accounts, id);
    enum st st = ST_OK;

    if (a && a->ready) {
        if (a->lost)
            return account_check(a);
        account_hold(a);
    } else if (a) {
        account_hold(a);
        st = wait_loaded(a);
    } else {
        a = account_new(core, id);
        account_hold(a);
        st = load_first(a);
    }
    if (st != ST_OK) {
        account_release(a);
        return st;
    }
    *out = a;
    return ST_OK;
}

enum st account_open_any(struct mail *m, uint64_t id, struct account **out)
{
    struct mail_core *core = mail_core_here(m);

    must(mail_core_of(m, id) == (unsigned)(core - m->cores));
    if (map_get(&core->shut, id))
        return FAIL(ST_TRYLATER, "account %016llx is being repaired", (unsigned long long)id);
    return open_shut_too(core, id, out);
}

enum st account_open(struct mail *m, uint64_t id, struct account **out)
{
    struct account *a;

    TRY(account_open_any(m, id, &a));
    if (a->removed) {
        account_release(a);
        return FAIL(ST_NOTFOUND, "account %016llx was removed", (unsigned long long)id);
    }
    *out = a;
    return ST_OK;
}

struct account *account_cached(struct mail *m, uint64_t id)
{
    struct account *a = map_get(&mail_core_here(m)->accounts, id);

    if (!a || !a->ready || a->lost || a->removed || map_get(&a->core->shut, id))
        return NULL;
    account_hold(a);
    return a;
}

/* --- nobody but a repair ------------------------------------------------------------------------------- */

/* What its domain's use counts of it, which the repair may change. */
struct shut_account {
    bool counted;
    struct counts told;
};

static enum st wait_forgotten(struct mail_core *core, uint64_t id) SUSPENDS
{
    mono_ms deadline = deadline_in(WAIT_MS);

    while (map_get(&core->accounts, id))
        TRY(co_waitq_wait(&core->forgotten, deadline));
    return ST_OK;
}

/* Nobody comes in any more. Letters that are being prepared go first, lest they take others' commits with them. */
static enum st drive_out(struct mail_core *core, uint64_t id, struct shut_account *shut) SUSPENDS
{
    struct account *a;
    enum st st;

    if (open_shut_too(core, id, &a) != ST_OK)
        return wait_forgotten(core, id); /* what can't be opened counts nothing */
    st = usage_wait_unreserved(a);
    if (st == ST_OK) {
        *shut = (struct shut_account){a->counted, a->told};
        a->lost = true;
        followers_end_all(a);
    }
    account_release(a);
    return st == ST_OK ? wait_forgotten(core, id) : st;
}

enum st account_shut(struct mail *m, uint64_t id)
{
    struct mail_core *core = mail_core_here(m);
    struct shut_account *shut;
    enum st st;

    if (map_get(&core->shut, id))
        return FAIL(ST_BUSY, "account %016llx is being repaired already", (unsigned long long)id);
    shut = MEM_NEW(struct shut_account);
    map_put(&core->shut, id, shut);
    st = drive_out(core, id, shut);
    if (st != ST_OK) {
        map_del(&core->shut, id);
        mem_free(shut);
        return FAIL(ST_BUSY, "account %016llx is in use", (unsigned long long)id);
    }
    return ST_OK;
}

void account_let_in(struct mail *m, uint64_t id)
{
    struct mail_core *core = mail_core_here(m);
    struct shut_account *was = map_get(&core->shut, id);
    struct account *a;

    must(was);
    map_del(&core->shut, id);
    if (account_open_any(m, id, &a) == ST_OK) {
        if (was->counted && a->counted) { /* its domain's use has it as it was */
            a->told = was->told;
            usage_changed(a);
        }
        account_release(a);
    }
    mem_free(was);
}

/* What happens to mail without a user: deleted messages that were kept for long enough go, Junk and Trash are emptied of what is
 * old when the settings say so, and accounts that were removed are taken away. Everything in commits of bounded size
 * with pauses between them, by what stands in the store: a crash leaves nothing to be repeated but the step it was in. */
#include "mail/edit.h"
#include "mail/fetched.h"
#include "mail/replica.h"

#include "base/must.h"

#define PAGE 64
#define STEP 500 /* messages in one commit */
#define ERASE_END "\xff"

void mail_set_rules(struct mail *m, const struct mail_rules *rules)
{
    mail_core_here(m)->rules = *rules;
}

/* As many as that were changed: others have the disk for a while. */
enum st upkeep_pause(const struct mail_core *core, size_t messages)
{
    uint32_t rate = core->rules.rate;

    if (!rate || !messages)
        return ST_OK;
    return co_sleep(deadline_in(messages * 1000 / rate + 1));
}

static uint64_t ago_us(uint64_t seconds)
{
    uint64_t now = clock_wall_us();

    return seconds < now / 1000000 ? now - seconds * 1000000 : 0;
}

/* --- deleted messages ----------------------------------------------------------------------------------- */

/* What the store says of an account, without opening it. */
static enum st has_old(struct mail_core *core, uint64_t id, bool *out) SUSPENDS
{
    struct store *s = core->m->opt.store;
    struct arena ar = ARENA_INIT;
    struct account_rec rec;
    struct kv_range *range;
    struct str key, value;
    uint64_t keep;
    enum st st = kv_get(s, &ar, id, key_account(), &value);

    *out = false;
    if (st == ST_OK)
        st = account_rec_get(value, &rec);
    if (st == ST_OK && !rec.removed) {
        keep = rec.keep_s == KEEP_DEFAULT ? core->rules.keep_s : rec.keep_s;
        st = kv_range_open(s, &ar, id, key_letter(&ar, KEY_KEPT),
                           key_kept(&ar, ago_us(keep >> core->rules.halvings), 0, 0), &range);
        if (st == ST_OK) {
            *out = kv_range_next(range, &key, &value);
            st = kv_range_close(range);
        }
    }
    arena_fini(&ar);
    return st == ST_NOTFOUND ? ST_OK : st;
}

static enum st purge(struct account *a, uint64_t before_us, struct mail_round *round) SUSPENDS
{
    size_t n = STEP;

    while (n == STEP) {
        TRY(kept_purge_some(a, before_us, STEP, &n));
        round->purged += n;
        TRY(upkeep_pause(a->core, n));
    }
    return ST_OK;
}

/* What an account deletes counts in no quota, but it doesn't fill the disk by deleting either. Its quota is known while it is in
 * memory, and so it is whenever somebody does that. */
static enum st purge_excess(struct mail_core *core, uint64_t id, struct mail_round *round) SUSPENDS
{
    struct account *a = account_cached(core->m, id);
    uint64_t before = 0;
    enum st st = ST_OK;

    if (!a)
        return ST_OK;
    if (a->limits.bytes)
        st = kept_excess(a, a->limits.bytes, &before);
    if (st == ST_OK && before)
        st = purge(a, before, round);
    account_release(a);
    return st;
}

/* --- Junk and Trash --------------------------------------------------------------------------------------- */

static uint64_t stays_for(const struct mail_core *core, const struct mailbox *mb)
{
    if (!mb->durable.exists || mb->durable.noselect)
        return 0;
    if (mb->durable.use == MAIL_USE_JUNK)
        return core->rules.expire_junk_s;
    return mb->durable.use == MAIL_USE_TRASH ? core->rules.expire_trash_s : 0;
}

/* The first message came first: when it is not old, none is. */
static enum st has_expired(const struct mailbox *mb, uint64_t before_us, bool *out) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct kv_range *range;
    struct str key, value;
    struct hot h;
    enum st st, ended;

    *out = false;
    st = kv_range_open(account_store(mb->a), &ar, mb->a->id, key_hot(&ar, mb->id, 0), key_hot(&ar, mb->id + 1, 0),
                       &range);
    if (st == ST_OK) {
        if (kv_range_next(range, &key, &value)) {
            st = hot_get(key, value, &h);
            *out = st == ST_OK && h.save_date_us < before_us;
        }
        ended = kv_range_close(range);
        st = st == ST_OK ? ended : st;
    }
    arena_fini(&ar);
    return st;
}

/* Of what the mailbox will hold, the first that are old; what else was picked with them is left. */
static enum st expire_some(struct mailbox *mb, uint64_t before_us, struct arena *ar, size_t *out_n) SUSPENDS
{
    struct pick p;
    size_t n = 0;

    TRY(pick_all(mb, STEP, ar, &p));
    while (n < p.n && p.h[n].save_date_us < before_us)
        n++;
    p.n = n;
    *out_n = n;
    return n && mb->pending.exists ? edit_remove(mb, &p, 0) : ST_OK;
}

static enum st expire_mailbox(struct mailbox *mb, uint64_t before_us, struct mail_round *round) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    size_t n = STEP;
    enum st st = ST_OK;

    refs_hold(mb->a);
    while (st == ST_OK && n == STEP) {
        st = expire_some(mb, before_us, &ar, &n);
        if (st == ST_OK) {
            round->expired += n;
            st = upkeep_pause(mb->a->core, n);
        }
    }
    refs_release(mb->a);
    arena_fini(&ar);
    return st;
}

static enum st expire(struct account *a, struct mail_round *round) SUSPENDS
{
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        struct mailbox *mb = a->mailboxes[i];
        uint64_t seconds = stays_for(a->core, mb);
        bool old = false;
        enum st st;

        if (!seconds)
            continue;
        mailbox_hold(mb);
        st = has_expired(mb, ago_us(seconds), &old);
        if (st == ST_OK && old)
            st = expire_mailbox(mb, ago_us(seconds), round);
        mailbox_release(mb);
        TRY(st);
    }
    return ST_OK;
}

/* --- the change log ---------------------------------------------------------------------------------------- */

/* How far it may go: a fifth more than is kept stays, so that it is not a commit a round, nor a range of deleted keys. */
static enum st log_excess(struct mail_core *core, uint64_t id, uint64_t *out_low) SUSPENDS
{
    uint64_t version = 0, keep = core->rules.log_commits;
    struct store *s = core->m->opt.store;
    struct arena ar = ARENA_INIT;
    struct account_rec rec;
    struct str value;
    enum st st = kv_get(s, &ar, id, key_account(), &value);

    *out_low = 0;
    if (st == ST_OK)
        st = account_rec_get(value, &rec);
    if (st == ST_OK)
        st = kv_version(s, id, &version);
    if (st == ST_OK && !rec.removed && keep && version > rec.log_low + keep + keep / 5)
        *out_low = version - keep;
    arena_fini(&ar);
    return st == ST_NOTFOUND ? ST_OK : st;
}

/* One deleted range a time, which begins where the last one ended: nothing has to walk over what is gone. */
static enum st trim_log(struct mail_core *core, uint64_t id) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct account *a;
    struct change *c;
    uint64_t low;
    enum st st;

    TRY(log_excess(core, id, &low));
    if (!low)
        return ST_OK;
    TRY(account_open_any(core->m, id, &a));
    st = ST_OK;
    if (!a->removed && a->rec.log_low < low) {
        c = change_begin(a);
        change_kv(c, KV_DEL_RANGE, key_log(&ar, a->rec.log_low), key_log(&ar, low));
        a->rec.log_low = low;
        c->rec_changed = true;
        st = change_commit(c, NULL, 0);
    }
    account_release(a);
    arena_fini(&ar);
    return st;
}

/* --- one round ---------------------------------------------------------------------------------------------- */

static enum st keep_account(struct mail_core *core, uint64_t id, struct mail_round *round) SUSPENDS
{
    bool expires = core->rules.expire_junk_s || core->rules.expire_trash_s, old;
    struct account *a;
    enum st st;

    TRY(trim_log(core, id));
    TRY(fetched_expire(core, id, round));
    TRY(purge_excess(core, id, round));
    TRY(has_old(core, id, &old));
    if (!old && !expires)
        return ST_OK;
    TRY(account_open_any(core->m, id, &a));
    if (a->removed)
        st = ST_OK;
    else
        st = old ? purge(a, ago_us(kept_seconds(a) >> core->rules.halvings), round) : ST_OK;
    if (st == ST_OK && expires && !a->removed)
        st = expire(a, round);
    account_release(a);
    return st;
}

enum st mail_upkeep(struct mail *m, struct mail_round *out)
{
    struct mail_core *core = mail_core_here(m);
    uint64_t ids[PAGE], last = 0;
    size_t n = PAGE;

    *out = (struct mail_round){0};
    while (n == PAGE) {
        TRY(kv_accounts(m->opt.store, last, ids, PAGE, &n));
        for (size_t i = 0; i < n; i++) {
            last = ids[i];
            if (!last || mail_is_nobody(last) || mail_core_of(m, last) != (unsigned)(core - m->cores))
                continue;
            out->accounts++;
            if (keep_account(core, last, out) != ST_OK) {
                out->failed++;
                out->failed_account = last;
            }
        }
        TRY(co_sleep(deadline_in(1)));
    }
    return images_sweep(core);
}

/* --- removed accounts ---------------------------------------------------------------------------------------- */

static struct mailbox *fullest(struct account *a)
{
    struct mailbox *most = NULL;

    for (size_t i = 0; i < a->n_mailboxes; i++) {
        struct mailbox *mb = a->mailboxes[i];

        if (mb->pending.exists && mb->will.messages > 0 && (!most || mb->will.messages > most->will.messages))
            most = mb;
    }
    return most;
}

static enum st empty_some(struct mailbox *mb, size_t *out_n) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct pick p;
    enum st st;

    mailbox_hold(mb);
    refs_hold(mb->a);
    st = pick_all(mb, STEP, &ar, &p); /* counts it anew, too */
    if (st == ST_OK && p.n)
        st = edit_remove(mb, &p, 0);
    *out_n = st == ST_OK ? p.n : 0;
    refs_release(mb->a);
    mailbox_release(mb);
    arena_fini(&ar);
    return st;
}

/* Without messages: everything but the mark. What is in memory of it is not used again. */
static enum st erase_rest(struct account *a) SUSPENDS
{
    struct change *c;
    enum st st;

    for (size_t i = 0; i < a->n_mailboxes; i++)
        IGNORE(mailbox_forget_image(a, a->mailboxes[i]->id)); /* else images_sweep finds it */
    c = change_begin(a);
    c->rec_changed = true;
    change_kv(c, KV_DEL_RANGE, str_n("B", 1), STR(ERASE_END));
    st = change_commit(c, NULL, 0);
    a->lost = true;
    return st;
}

static enum st erase_some(struct account *a, bool *out_done) SUSPENDS
{
    struct mailbox *mb = fullest(a);
    size_t n;

    if (mb) {
        TRY(empty_some(mb, &n));
        return upkeep_pause(a->core, n);
    }
    TRY(kept_purge_some(a, UINT64_MAX, STEP, &n));
    if (n)
        return upkeep_pause(a->core, n);
    if (a->n_mailboxes)
        TRY(erase_rest(a));
    *out_done = true;
    return ST_OK;
}

enum st mail_erase(struct mail *m, uint64_t account, uint64_t budget_ms, bool *out_done)
{
    mono_ms end = deadline_in(budget_ms);
    struct account *a;
    enum st st = ST_OK;
    bool done = false;

    TRY(account_open_any(m, account, &a));
    followers_end_all(a);
    if (!a->rec.removed)
        a->removed = a->rec.removed = a->rec_dirty = true;
    st = usage_wait_unreserved(a); /* letters that were let in before */
    if (st == ST_OK)
        st = account_settle(a);
    while (st == ST_OK && !done && clock_mono_ms() < end)
        st = erase_some(a, &done);
    account_release(a);
    if (st == ST_OK)
        *out_done = done;
    return st;
}

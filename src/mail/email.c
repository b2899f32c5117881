/* Reading messages: the immutable record, one at a time or many in a row, and the bytes. */
#include "mail/state.h"

#include "base/activity.h"
#include "base/metrics.h"
#include "base/must.h"
#include "co/fault.h"

#define STEPS_MAX 16            /* records stepped over before it is cheaper to seek */
#define AHEAD_LEAST (16u << 10) /* smaller ones cost less than the way to another thread and back */

static enum st quarantined(const struct account *a, uint64_t email)
{
    if (!mail_is_quarantined(a->core->m, a->id, email))
        return ST_OK;
    return FAIL(ST_CORRUPT, "email %016llx of account %016llx is in quarantine: the server failed on it twice",
                (unsigned long long)email, (unsigned long long)a->id);
}

static enum st find(const struct view *v, uint32_t seq, uint64_t *out_email)
{
    size_t i;

    must_obj(v, VIEW_MAGIC);
    if (!view_place(v, seq, &i) || !v->mb->durable.exists)
        return FAIL(ST_NOTFOUND, "the message was expunged");
    if (!view_may_read(v)) /* the right may go while a command runs */
        return FAIL(ST_NOPERM, "The mailbox may not be read any more");
    activity_email(v->mb->a->id, 0, v->mb->id, v->mb->messages->uid[i]);
    TRY(quarantined(v->mb->a, v->mb->messages->email[i]));
    activity_email(v->mb->a->id, v->mb->messages->email[i], v->mb->id, v->mb->messages->uid[i]);
    *out_email = v->mb->messages->email[i];
    return ST_OK;
}

/* A record that is missing means damage, unless the message went while we were reading. */
static enum st missing(const struct view *v, uint32_t uid, uint64_t email)
{
    size_t i;

    if (!v->mb->durable.exists || !messages_find(v->mb->messages, uid, &i))
        return FAIL(ST_NOTFOUND, "the message was expunged");
    return FAIL(ST_CORRUPT, "email %016llx of account %016llx has no record", (unsigned long long)email,
                (unsigned long long)v->mb->a->id);
}

static enum st decode(uint64_t email, struct str value, struct email *out)
{
    enum st st = email_rec_get(email, value, out);

    if (st != ST_OK)
        return err_context(st, "email %016llx", (unsigned long long)email);
    must(!fault_hit(FAULT_mail_poison) ||
         !memmem(out->rec.envelope.p, out->rec.envelope.n, "(poison)", 8)); /* tests only */
    return ST_OK;
}

static enum st get(const struct view *v, uint32_t uid, uint64_t email, struct arena *ar, struct email *out) SUSPENDS
{
    struct str value;
    enum st st = kv_get(account_store(v->mb->a), ar, v->mb->a->id, key_email(ar, email), &value);

    if (st == ST_NOTFOUND)
        return missing(v, uid, email);
    TRY(st);
    return decode(email, value, out);
}

enum st view_email(struct view *v, uint32_t seq, struct arena *ar, struct email *out)
{
    uint64_t email;

    TRY(find(v, seq, &email));
    return get(v, view_uid(v, seq), email, ar, out);
}

static enum st open_bytes(struct account *a, const struct email *e, bool head, struct blob_view *out) SUSPENDS
{
    struct blob_view body;

    TRY(quarantined(a, e->id));
    TRY(blob_open_head(account_store(a), e->blob, head ? e->rec.header_size : UINT64_MAX, &body));
    if (body.bytes.n != (head ? e->rec.header_size : e->rec.size)) {
        blob_close(&body);
        return FAIL(ST_CORRUPT, "email %016llx of account %016llx: blob %016llx is not as long as its record says",
                    (unsigned long long)e->id, (unsigned long long)a->id, (unsigned long long)e->blob);
    }
    *out = body;
    return ST_OK;
}

enum st email_body(struct account *a, const struct email *e, struct blob_view *out)
{
    metric_add(METRIC_MESSAGES_READ, 1);
    return open_bytes(a, e, false, out);
}

enum st email_head(struct account *a, const struct email *e, struct blob_view *out)
{
    return open_bytes(a, e, true, out);
}

void email_body_close(struct blob_view *v)
{
    blob_close(v);
}

bool email_read_ahead(const struct view *v, uint32_t seq)
{
    const struct messages *m = v->mb->messages;
    const struct account *a = v->mb->a;
    size_t i;

    if (!view_place(v, seq, &i) || m->size[i] < AHEAD_LEAST || m->size[i] > BLOB_AHEAD_MAX ||
        mail_is_quarantined(a->core->m, a->id, m->email[i]))
        return true;
    return blob_read_ahead(account_store(a), m->blob[i]);
}

/* --- many in a row ------------------------------------------------------------------------------------------------ *
 * Letters that came one after the other lie beside each other, and walking there is many times cheaper than a look-up for each.
 * Where it turns out that they do not (copies), it looks up after all. */
struct email_cursor {
    struct view *v;
    struct arena arena, of_range;
    struct kv_range *range;
    uint64_t at; /* the email that the range stands on */
    struct str value;
    uint64_t last;
    unsigned hits, misses;
};

enum st email_cursor_open(struct view *v, struct email_cursor **out)
{
    struct email_cursor *c = MEM_NEW(struct email_cursor);

    must_obj(v, VIEW_MAGIC);
    c->v = v;
    *out = c;
    return ST_OK;
}

static enum st range_end(struct email_cursor *c)
{
    struct kv_range *range = TAKE(c->range);
    enum st st = range ? kv_range_close(range) : ST_OK;

    arena_reset(&c->of_range);
    return st;
}

void email_cursor_close(struct email_cursor *c)
{
    if (!c)
        return;
    if (c->range && range_end(c) != ST_OK)
        c->range = NULL; /* why it stopped was told by the get that met it */
    arena_fini(&c->arena);
    arena_fini(&c->of_range);
    mem_free(c);
}

static bool step(struct email_cursor *c) SUSPENDS
{
    struct str key;
    struct rec r;

    if (!kv_range_next(c->range, &key, &c->value))
        return false;
    r = rec_of(str_from(key, 1));
    c->at = rec_u64_be(&r);
    return true;
}

static enum st range_begin(struct email_cursor *c, uint64_t email) SUSPENDS
{
    const struct account *a = c->v->mb->a;
    struct arena *ar = &c->of_range;

    TRY(range_end(c));
    TRY(kv_range_open(account_store(a), ar, a->id, key_email(ar, email), key_letter(ar, KEY_EMAIL + 1), &c->range));
    kv_range_read_ahead(c->range);
    return step(c) ? ST_OK : range_end(c);
}

/* Walks to the email if it is near. */
static enum st walk(struct email_cursor *c, uint64_t email) SUSPENDS
{
    if (!c->range || c->at > email)
        return ST_OK;
    for (unsigned i = 0; c->at < email && i < STEPS_MAX; i++) {
        if (!step(c))
            return range_end(c);
    }
    return c->at < email ? range_begin(c, email) : ST_OK;
}

static enum st seek(struct email_cursor *c, uint64_t email) SUSPENDS
{
    bool ascending = email > c->last && c->last;

    if (email < c->last)
        TRY(range_end(c)); /* from the start again: the next one may begin anew */
    TRY(walk(c, email));
    if (!c->range && ascending && c->misses <= c->hits + 4)
        TRY(range_begin(c, email));
    c->last = email;
    return ST_OK;
}

enum st email_cursor_get(struct email_cursor *c, uint32_t seq, struct email *out)
{
    uint32_t uid = view_uid(c->v, seq);
    uint64_t email;

    TRY(find(c->v, seq, &email));
    TRY(seek(c, email));
    if (c->range && c->at == email) {
        c->hits++;
        return decode(email, c->value, out);
    }
    c->misses++;
    arena_reset(&c->arena);
    return get(c->v, uid, email, &c->arena, out);
}

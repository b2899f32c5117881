/* A list is a count and its items. The count is checked against the bytes that are there before anything is
 * allocated for it. */
#include "ipc/lists.h"

#include "base/limits.h"

#define TARGET_LEAST (1 + 8 + 48 + 5 * 4) /* bytes of an empty one */
#define DKIM_KEY_LEAST (8 + 3 * 4)

void limits_put(struct buf *b, const struct account_limits *l)
{
    rec_put_u64(b, l->bytes);
    rec_put_u64(b, l->messages);
    rec_put_u64(b, l->domain);
    rec_put_u64(b, l->domain_bytes);
    rec_put_u64(b, l->domain_messages);
    rec_put_u32(b, l->keep_s);
    rec_put_u32(b, l->retention);
}

void limits_get(struct rec *r, struct account_limits *out)
{
    out->bytes = rec_u64(r);
    out->messages = rec_u64(r);
    out->domain = rec_u64(r);
    out->domain_bytes = rec_u64(r);
    out->domain_messages = rec_u64(r);
    out->keep_s = rec_u32(r);
    out->retention = rec_u32(r);
}

void rcpt_targets_put(struct buf *b, const struct rcpt_target *t, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (; n; n--, t++) {
        rec_put_u8(b, t->kind);
        rec_put_u64(b, t->account);
        rec_put_str(b, t->address);
        rec_put_str(b, t->original);
        rec_put_str(b, t->mailbox);
        rec_put_str(b, t->params);
        limits_put(b, &t->limits);
        rec_put_str(b, t->pass);
    }
}

static void target_get(struct rec *r, struct rcpt_target *t)
{
    t->kind = rec_u8(r);
    rec_need(r, t->kind == RCPT_LOCAL || t->kind == RCPT_REMOTE);
    t->account = rec_u64(r);
    t->address = rec_str(r, LIMIT_IPC_FRAME);
    t->original = rec_str(r, LIMIT_IPC_FRAME);
    t->mailbox = rec_str(r, LIMIT_MAILBOX_NAME);
    t->params = rec_str(r, LIMIT_RCPT_PARAMS);
    limits_get(r, &t->limits);
    t->pass = rec_str(r, PASS_BYTES);
    rec_need(r, t->pass.n == 0 || t->pass.n == PASS_BYTES);
}

uint32_t list_count_get(struct rec *r, size_t most, size_t least)
{
    uint32_t n = rec_u32(r);

    rec_need(r, n <= most && n <= rec_left(r) / least);
    return r->bad ? 0 : n;
}

static enum st list_end(const struct rec *r, const char *what)
{
    return r->bad || rec_left(r) ? FAIL(ST_SYNTAX, "that is no list of %s", what) : ST_OK;
}

enum st rcpt_targets_get(struct str bytes, struct arena *a, struct rcpt_target **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = list_count_get(&r, RCPT_TARGETS_MAX, TARGET_LEAST);
    struct rcpt_target *t = ARENA_ARRAY(a, struct rcpt_target, n);

    for (uint32_t i = 0; i < n; i++)
        target_get(&r, &t[i]);
    TRY(list_end(&r, "recipients"));
    *out = t;
    *out_n = n;
    return ST_OK;
}

void dkim_keys_put(struct buf *b, const struct dkim_key *k, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (; n; n--, k++) {
        rec_put_u64(b, k->id);
        rec_put_str(b, k->selector);
        rec_put_str(b, k->algorithm);
        rec_put_str(b, k->public_key);
    }
}

enum st dkim_keys_get(struct str bytes, struct arena *a, struct dkim_key **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = list_count_get(&r, DKIM_KEYS_MAX, DKIM_KEY_LEAST);
    struct dkim_key *k = ARENA_ARRAY(a, struct dkim_key, n);

    for (uint32_t i = 0; i < n; i++)
        k[i] = (struct dkim_key){.id = rec_u64(&r),
                                 .selector = rec_str(&r, 255),
                                 .algorithm = rec_str(&r, 32),
                                 .public_key = rec_str(&r, 2048)};
    TRY(list_end(&r, "keys"));
    *out = k;
    *out_n = n;
    return ST_OK;
}

void words_put(struct buf *b, const struct str *w, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        rec_put_str(b, w[i]);
}

enum st words_get(struct str bytes, struct arena *a, size_t max, struct str **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = list_count_get(&r, max, 4);
    struct str *w = ARENA_ARRAY(a, struct str, n);

    for (uint32_t i = 0; i < n; i++)
        w[i] = rec_str(&r, bytes.n);
    TRY(list_end(&r, "words"));
    *out = w;
    *out_n = n;
    return ST_OK;
}

void attributes_put(struct buf *b, const struct attribute *at, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        rec_put_str(b, at[i].name);
        rec_put_str(b, at[i].value);
    }
}

enum st attributes_get(struct str bytes, struct arena *a, size_t max, struct attribute **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = list_count_get(&r, max, 8);
    struct attribute *at = ARENA_ARRAY(a, struct attribute, n);

    for (uint32_t i = 0; i < n; i++) {
        at[i].name = rec_str(&r, bytes.n);
        at[i].value = rec_str(&r, bytes.n);
        rec_need(&r, at[i].name.n > 0);
    }
    TRY(list_end(&r, "attributes"));
    *out = at;
    *out_n = n;
    return ST_OK;
}

/* Lists of letters and of what became of them. */
#include "ipc/work.h"

#include "base/envelope.h"
#include "base/limits.h"

#define LETTERS_MAX 1000
#define LETTER_LEAST (6 * 8 + 2 * 4 + 4 * 4)
#define RCPT_LEAST (6 * 4)
#define RESULT_LEAST (4 + 2 + 4 * 4 + 8)

static void attrs_put(struct buf *b, const struct attribute *at, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        rec_put_str(b, at[i].name);
        rec_put_str(b, at[i].value);
    }
}

static struct attribute *attrs_get(struct rec *r, struct arena *a, size_t *out_n)
{
    uint32_t n = list_count_get(r, LIMIT_QUEUE_ATTRS, 8);
    struct attribute *at = ARENA_ARRAY(a, struct attribute, n);

    for (uint32_t i = 0; i < n; i++) {
        at[i].name = rec_str(r, LIMIT_QUEUE_ATTR);
        at[i].value = rec_str(r, LIMIT_QUEUE_ATTR);
        rec_need(r, at[i].name.n > 0);
    }
    *out_n = n;
    return at;
}

static void letter_put(struct buf *b, const struct work_letter *l)
{
    rec_put_u64(b, l->id);
    rec_put_u64(b, l->size);
    rec_put_u64(b, l->account);
    rec_put_u64(b, l->credential);
    rec_put_u64(b, l->began_us);
    rec_put_u64(b, l->letter);
    rec_put_u32(b, l->attempts);
    rec_put_u32(b, (uint32_t)l->priority);
    rec_put_u8(b, l->is_notice);
    rec_put_str(b, l->reverse_path);
    rec_put_str(b, l->route);
    attrs_put(b, l->attrs, l->n_attrs);
    rec_put_u32(b, (uint32_t)l->n_rcpts);
    for (size_t i = 0; i < l->n_rcpts; i++) {
        rec_put_u32(b, l->rcpts[i].index);
        rec_put_u32(b, l->rcpts[i].attempts);
        rec_put_str(b, l->rcpts[i].address);
        rec_put_str(b, l->rcpts[i].via);
        rec_put_str(b, l->rcpts[i].mark);
        attrs_put(b, l->rcpts[i].attrs, l->rcpts[i].n_attrs);
    }
}

void work_letters_put(struct buf *b, const struct work_letter *l, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        letter_put(b, &l[i]);
}

static void letter_get(struct rec *r, struct arena *a, struct work_letter *l)
{
    uint32_t n;

    l->id = rec_u64(r);
    l->size = rec_u64(r);
    l->account = rec_u64(r);
    l->credential = rec_u64(r);
    l->began_us = rec_u64(r);
    l->letter = rec_u64(r);
    l->attempts = rec_u32(r);
    l->priority = (int32_t)rec_u32(r);
    rec_need(r, l->priority >= -PRIORITY_MOST && l->priority <= PRIORITY_MOST);
    l->is_notice = rec_u8(r) != 0;
    l->reverse_path = rec_str(r, LIMIT_QUEUE_ATTR);
    l->route = rec_str(r, LIMIT_QUEUE_ATTR);
    l->attrs = attrs_get(r, a, &l->n_attrs);
    n = list_count_get(r, LIMIT_QUEUE_RCPTS, RCPT_LEAST);
    l->rcpts = ARENA_ARRAY(a, struct work_rcpt, n);
    l->n_rcpts = n;
    for (uint32_t i = 0; i < n; i++) {
        l->rcpts[i].index = rec_u32(r);
        l->rcpts[i].attempts = rec_u32(r);
        l->rcpts[i].address = rec_str(r, LIMIT_QUEUE_ATTR);
        l->rcpts[i].via = rec_str(r, LIMIT_QUEUE_ATTR);
        l->rcpts[i].mark = rec_str(r, LIMIT_QUEUE_ATTR);
        l->rcpts[i].attrs = attrs_get(r, a, &l->rcpts[i].n_attrs);
        rec_need(r, l->rcpts[i].index < LIMIT_QUEUE_RCPTS);
    }
    rec_need(r, n > 0);
}

enum st work_letters_get(struct str bytes, struct arena *a, struct work_letter **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = list_count_get(&r, LETTERS_MAX, LETTER_LEAST);
    struct work_letter *l = ARENA_ARRAY(a, struct work_letter, n);

    for (uint32_t i = 0; i < n && !r.bad; i++)
        letter_get(&r, a, &l[i]);
    if (r.bad || rec_left(&r))
        return FAIL(ST_SYNTAX, "that is no list of letters");
    *out = l;
    *out_n = n;
    return ST_OK;
}

void work_results_put(struct buf *b, const struct work_result *v, size_t n)
{
    rec_put_u32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        rec_put_u32(b, v[i].index);
        rec_put_u8(b, v[i].state);
        rec_put_u8(b, v[i].is_remote);
        rec_put_str(b, str_sub(v[i].status, 0, WORK_TEXT_MAX));
        rec_put_str(b, str_sub(v[i].answer, 0, WORK_TEXT_MAX));
        rec_put_str(b, str_sub(v[i].host, 0, WORK_TEXT_MAX));
        rec_put_str(b, str_sub(v[i].tls, 0, WORK_TEXT_MAX));
        rec_put_u64(b, v[i].not_before_us);
    }
}

static void result_get(struct rec *r, struct work_result *v)
{
    uint8_t is_remote;

    v->index = rec_u32(r);
    v->state = rec_u8(r);
    is_remote = rec_u8(r);
    v->is_remote = is_remote == 1;
    v->status = rec_str(r, WORK_TEXT_MAX);
    v->answer = rec_str(r, WORK_TEXT_MAX);
    v->host = rec_str(r, WORK_TEXT_MAX);
    v->tls = rec_str(r, WORK_TEXT_MAX);
    v->not_before_us = rec_u64(r);
    rec_need(r, v->index < LIMIT_QUEUE_RCPTS && v->state < WORK_STATES && is_remote <= 1);
}

enum st work_results_get(struct str bytes, struct arena *a, struct work_result **out, size_t *out_n)
{
    struct rec r = rec_of(bytes);
    uint32_t n = list_count_get(&r, LIMIT_QUEUE_RCPTS, RESULT_LEAST);
    struct work_result *v = ARENA_ARRAY(a, struct work_result, n);

    for (uint32_t i = 0; i < n && !r.bad; i++)
        result_get(&r, &v[i]);
    if (r.bad || rec_left(&r))
        return FAIL(ST_SYNTAX, "that is no list of results");
    *out = v;
    *out_n = n;
    return ST_OK;
}

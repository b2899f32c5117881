/* SORT: for each key a column with a number for each message, which decides nearly always. Of a text it is its first
 * eight bytes; the text itself stands behind two bytes that say how long it is. */
#include "mail/orders.h"
#include "mail/sorting.h"

#include "base/must.h"
#include "mime/casefold.h"
#include "mime/encword.h"
#include "mime/envelope.h"

#define TEXT_MAX 1024     /* of a folded name */
#define NAME_MAX_ 4096u   /* of a name before that */
#define BEHIND_ALL '\xff' /* no byte of UTF-8 */
#define LOOK_EVERY 256u   /* messages between reports of progress */
#define GROWTH 64         /* the most that a byte may grow by in folding */

#define ORDERS_LEAST 512 /* messages; fewer are read quickly */

struct column {
    struct sort_key key;
    uint64_t *num;
    const char **text; /* NULL: the numbers are all there is */
};

/* What one message is sorted by. */
struct probe {
    uint64_t num;
    size_t n;
    char text[TEXT_MAX + 1];
};

struct sort {
    struct sorting mem;
    struct column cols[SORT_COUNT];
    size_t n_cols;
    struct buf folded;
    struct arena tmp, record;
    struct probe new, old;
};

static bool is_text(enum sort_by by)
{
    return by != SORT_ARRIVAL && by != SORT_DATE && by != SORT_SIZE;
}

static struct str text_str(const char *t)
{
    return t ? str_n(t + 2, (size_t)(unsigned char)t[0] << 8 | (unsigned char)t[1]) : STR_NONE;
}

static uint64_t first_bytes(struct str s)
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8; i++)
        n = n << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
    return n;
}

static int compare_text(const char *a, const char *b)
{
    return str_cmp(text_str(a), text_str(b));
}

static int compare(const void *arg, uint32_t a, uint32_t b)
{
    const struct sort *s = arg;

    for (size_t i = 0; i < s->n_cols; i++) {
        const struct column *col = &s->cols[i];
        int c = (col->num[a] > col->num[b]) - (col->num[a] < col->num[b]);

        if (c == 0 && col->text)
            c = compare_text(col->text[a], col->text[b]);
        if (c)
            return col->key.reverse ? -c : c;
    }
    return 0;
}

static enum st put_text(struct sort *s, struct column *col, size_t i, struct str text)
{
    char *p;

    TRY(sorting_take(&s->mem, text.n + 2));
    p = arena_alloc(&s->mem.arena, text.n + 2);
    p[0] = (char)(text.n >> 8);
    p[1] = (char)(text.n & 255);
    memcpy(p + 2, text.p, text.n);
    col->text[i] = p;
    return ST_OK;
}

static struct str folded(struct sort *s, struct str text)
{
    buf_clear(&s->folded);
    mime_casefold(str_sub(text, 0, NAME_MAX_), &s->folded);
    return buf_str(&s->folded);
}

/* RFC 5957 section 3 */
static struct str display(struct sort *s, const struct mime_record *r, enum mime_envelope_list list)
{
    struct mime_envelope_address m;

    if (!mime_envelope_address(r, list, &s->tmp, &m))
        return STR_NONE;
    if (m.name.p) {
        struct str name = mime_encword_decode(&s->tmp, m.name);

        if (name.n)
            return folded(s, name);
    }
    if (m.mailbox.p && m.host.p)
        return folded(s, arena_printf(&s->tmp, "%.*s@%.*s", STR_ARGS(m.mailbox), STR_ARGS(m.host)));
    return folded(s, m.mailbox);
}

/* The record has its local parts in small letters, the comparison is of capitals: _ comes behind them. */
static struct str text_of(struct sort *s, const struct mime_record *r, enum sort_by by)
{
    switch (by) {
    case SORT_SUBJECT: return r->base_subject;
    case SORT_CC: return folded(s, r->cc);
    case SORT_FROM: return folded(s, r->from);
    case SORT_TO: return folded(s, r->to);
    case SORT_DISPLAYFROM: return display(s, r, MIME_ENVELOPE_FROM);
    case SORT_DISPLAYTO: return display(s, r, MIME_ENVELOPE_TO);
    default: never("no key of text");
    }
}

/* RFC 5255 section 4.6: what could not be converted comes behind all that could. Where characters were lost there is U+FFFD. */
static struct str behind_if_unreadable(struct sort *s, struct str text)
{
    char *p;

    if (!text.p || !memmem(text.p, text.n, "\xef\xbf\xbd", 3))
        return text;
    p = arena_alloc(&s->tmp, text.n + 1);
    p[0] = BEHIND_ALL;
    memcpy(p + 1, text.p, text.n);
    return str_n(p, text.n + 1);
}

/* A number that decides nearly always, and the text behind it; `e` NULL: there is no record. */
static struct str key_of(struct sort *s, enum sort_by by, const struct mail_msg *m, const struct email *e,
                         uint64_t *out_num)
{
    struct str text = STR_NONE;

    arena_reset(&s->tmp);
    switch (by) {
    case SORT_ARRIVAL: *out_num = m->internal_date_us / 1000000; break;
    case SORT_SIZE: *out_num = m->size; break;
    case SORT_DATE: *out_num = sorting_sent(m, e); break;
    default:
        if (e)
            text = behind_if_unreadable(s, str_sub(text_of(s, &e->rec, by), 0, TEXT_MAX));
        *out_num = first_bytes(text);
    }
    return text;
}

static enum st put_message(struct sort *s, size_t i, const struct mail_msg *m, const struct email *e)
{
    for (size_t k = 0; k < s->n_cols; k++) {
        struct column *col = &s->cols[k];
        struct str text = key_of(s, col->key.by, m, e, &col->num[i]);

        if (text.n)
            TRY(put_text(s, col, i, text));
    }
    return ST_OK;
}

static bool needs_records(const struct sort *s)
{
    for (size_t i = 0; i < s->n_cols; i++)
        if (s->cols[i].key.by != SORT_ARRIVAL && s->cols[i].key.by != SORT_SIZE)
            return true;
    return false;
}

static enum st read_messages(struct sort *s, struct view *v, struct email_cursor *c, const uint32_t *seqs, size_t n)
    SUSPENDS
{
    bool records = needs_records(s);

    for (size_t i = 0; i < n; i++) {
        struct mail_msg m;
        struct email e;
        enum st st = ST_NOTFOUND;

        view_msg(v, seqs[i], &m);
        if (records)
            st = email_cursor_get(c, seqs[i], &e);
        if (st != ST_OK && st != ST_NOTFOUND && st != ST_CORRUPT)
            return st;
        TRY(put_message(s, i, &m, st == ST_OK ? &e : NULL));
        if (i % LOOK_EVERY == 0)
            view_progress(v, i, n);
        TRY(sorting_rest(&s->mem));
    }
    return ST_OK;
}

static enum st make_columns(struct sort *s, const struct sort_key *keys, size_t n_keys, size_t n)
{
    must(n_keys <= SORT_COUNT);
    for (size_t i = 0; i < n_keys; i++) {
        struct column *col = &s->cols[i];

        TRY(sorting_take(&s->mem, n * 16));
        col->key = keys[i];
        col->num = ARENA_ARRAY(&s->mem.arena, uint64_t, n);
        col->text = is_text(keys[i].by) ? ARENA_ARRAY(&s->mem.arena, const char *, n) : NULL;
        s->n_cols++;
    }
    return ST_OK;
}

/* Puts indices of seqs into order. */
static enum st sort_indices(struct sort *s, struct view *v, const struct sort_key *keys, size_t n_keys,
                            const uint32_t *seqs, size_t n, uint32_t **out) SUSPENDS
{
    struct email_cursor *cursor;
    uint32_t *order;
    enum st st;

    TRY(make_columns(s, keys, n_keys, n));
    TRY(email_cursor_open(v, &cursor));
    st = read_messages(s, v, cursor, seqs, n);
    email_cursor_close(cursor);
    TRY(st);
    TRY(sorting_numbers(&s->mem, n, &order));
    TRY(sorting_sort(&s->mem, order, n, compare, s));
    *out = order;
    return ST_OK;
}

/* --- by orders that are kept ---------------------------------------------------------------------------------------- */

static enum st probe(struct sort *s, struct view *v, enum sort_by by, uint32_t seq, struct probe *out) SUSPENDS
{
    struct mail_msg m;
    struct email e;
    struct str text;
    enum st st;

    arena_reset(&s->record);
    st = view_email(v, seq, &s->record, &e);
    if (st != ST_OK && st != ST_CORRUPT)
        return st;
    view_msg(v, seq, &m);
    text = key_of(s, by, &m, st == ST_OK ? &e : NULL, &out->num);
    out->n = text.n;
    if (text.p)
        memcpy(out->text, text.p, text.n);
    return ST_OK;
}

static int compare_probes(const struct probe *a, const struct probe *b)
{
    if (a->num != b->num)
        return a->num < b->num ? -1 : 1;
    return str_cmp(str_n(a->text, a->n), str_n(b->text, b->n));
}

/* Behind those that are equal: its uid is larger. */
static enum st order_add(struct sort *s, struct view *v, struct order *o, uint32_t seq) SUSPENDS
{
    size_t lo = 0, hi = o->n;
    bool same = false;

    TRY(probe(s, v, o->by, seq, &s->new));
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        uint32_t other = view_seq(v, o->uid[o->at[mid] & ~ORDER_SAME]);
        int c;

        if (!other)
            return FAIL(ST_NOTFOUND, "this view does not have a message of the order");
        TRY(probe(s, v, o->by, other, &s->old));
        c = compare_probes(&s->old, &s->new);
        if (c <= 0) {
            lo = mid + 1;
            same = c == 0;
        } else {
            hi = mid;
        }
        TRY(sorting_rest(&s->mem));
    }
    order_put(o, view_uid(v, seq), lo, same);
    return ST_OK;
}

/* From the sequence number `first` on, the view's messages are new to it. */
static enum st order_extended(struct sort *s, struct view *v, const struct order *from, uint32_t first,
                              struct order **out) SUSPENDS
{
    uint32_t count = view_count(v);
    struct order *o = order_copy(from, v->mb->messages, count - first + 1);
    enum st st = ST_OK;

    for (uint32_t seq = first; seq <= count && st == ST_OK; seq++)
        st = order_add(s, v, o, seq);
    if (st == ST_OK)
        *out = o;
    else
        order_release(o);
    return st;
}

static enum st order_fill(struct sort *s, struct view *v, enum sort_by by, struct order **out) SUSPENDS
{
    uint32_t n = view_count(v), *seqs, *order;
    struct order *o;

    TRY(sorting_numbers(&s->mem, n, &seqs));
    for (uint32_t i = 0; i < n; i++)
        seqs[i]++;
    TRY(sort_indices(s, v, &(struct sort_key){by, false}, 1, seqs, n, &order));
    o = order_new(by, n);
    for (uint32_t i = 0; i < n; i++) {
        o->uid[i] = view_uid(v, seqs[i]);
        o->at[i] = order[i] | (i && compare(s, order[i - 1], order[i]) == 0 ? ORDER_SAME : 0);
    }
    *out = o;
    return ST_OK;
}

static struct sort *sort_new(void)
{
    struct sort *s = MEM_NEW(struct sort);

    sorting_begin(&s->mem);
    buf_init(&s->folded, NAME_MAX_ * GROWTH);
    return s;
}

static void sort_free(struct sort *s)
{
    buf_fini(&s->folded);
    arena_fini(&s->tmp);
    arena_fini(&s->record);
    sorting_end(&s->mem);
    mem_free(s);
}

static enum st order_made(struct view *v, enum sort_by by, struct order **out) SUSPENDS
{
    struct sort *s = sort_new();
    enum st st = order_fill(s, v, by, out);

    sort_free(s);
    return st;
}

/* An order by this key that has all messages of the view, held. */
static enum st order_current(struct sort *s, struct view *v, enum sort_by by, struct order **out) SUSPENDS
{
    struct order *o = order_hold(v->mb->messages, by), *newer;
    uint32_t count = view_count(v), last = o && o->n ? o->uid[o->n - 1] : 0;
    uint32_t first = last == UINT32_MAX ? count + 1 : view_seq_from(v, last + 1);
    enum st st;

    if (o && first > count) {
        *out = o;
        return ST_OK;
    }
    st = o && count - first < count / 256 ? order_extended(s, v, o, first, &newer) : order_made(v, by, &newer);
    order_release(o);
    TRY(st);
    order_keep(v->mb->messages, newer);
    *out = newer;
    return ST_OK;
}

/* Where each of the messages stands in it: equal ones at the same place. */
static enum st ranks_of(struct sort *s, struct view *v, const struct order *o, const uint32_t *seqs, size_t n,
                        uint32_t **out) SUSPENDS
{
    uint32_t *all, *rank, place = 0;
    size_t j = 0;

    TRY(sorting_numbers(&s->mem, o->n, &all));
    TRY(sorting_numbers(&s->mem, n, &rank));
    for (size_t p = 0; p < o->n; p++) {
        if (!(o->at[p] & ORDER_SAME))
            place = (uint32_t)p;
        all[o->at[p] & ~ORDER_SAME] = place;
    }
    TRY(sorting_rest(&s->mem));
    for (size_t i = 0; i < n; i++) {
        uint32_t uid = view_uid(v, seqs[i]);

        while (j < o->n && o->uid[j] < uid)
            j++;
        if (j == o->n || o->uid[j] != uid)
            return FAIL(ST_NOTFOUND, "the order does not have a message of this view");
        rank[i] = all[j];
    }
    *out = rank;
    return sorting_rest(&s->mem);
}

/* Counting: what is equal by this key stays in the order in which the keys behind it have put it. */
static enum st put_by_rank(struct sort *s, const struct order *o, const uint32_t *rank, bool reverse, uint32_t **order,
                           size_t n) SUSPENDS
{
    uint32_t *from = *order, *to, *start, at = 0;

    TRY(sorting_numbers(&s->mem, n, &to));
    TRY(sorting_numbers(&s->mem, o->n, &start));
    memset(start, 0, o->n * sizeof *start);
    for (size_t i = 0; i < n; i++)
        start[reverse ? o->n - 1 - rank[i] : rank[i]]++;
    for (size_t r = 0; r < o->n; r++) {
        uint32_t many = start[r];

        start[r] = at;
        at += many;
    }
    TRY(sorting_rest(&s->mem));
    for (size_t i = 0; i < n; i++)
        to[start[reverse ? o->n - 1 - rank[from[i]] : rank[from[i]]]++] = from[i];
    *order = to;
    return sorting_rest(&s->mem);
}

static enum st sort_by_orders(struct sort *s, struct view *v, const struct sort_key *keys, size_t n_keys,
                              const uint32_t *seqs, size_t n, uint32_t **out) SUSPENDS
{
    uint32_t *order, *rank;

    TRY(sorting_numbers(&s->mem, n, &order));
    for (size_t k = n_keys; k-- > 0;) {
        struct order *o;
        enum st st;

        TRY(order_current(s, v, keys[k].by, &o));
        st = ranks_of(s, v, o, seqs, n, &rank);
        if (st == ST_OK)
            st = put_by_rank(s, o, rank, keys[k].reverse, &order, n);
        order_release(o);
        TRY(st);
    }
    *out = order;
    return ST_OK;
}

static enum st sort_by(struct view *v, const struct sort_key *keys, size_t n_keys, uint32_t *seqs, size_t n,
                       enum st (*by)(struct sort *s, struct view *v, const struct sort_key *keys, size_t n_keys,
                                     const uint32_t *seqs, size_t n, uint32_t **out) SUSPENDS) SUSPENDS
{
    struct sort *s = sort_new();
    uint32_t *order = NULL;
    enum st st = by(s, v, keys, n_keys, seqs, n, &order);

    for (size_t i = 0; st == ST_OK && i < n; i++) /* their own order is not needed any more */
        order[i] = seqs[order[i]];
    if (st == ST_OK)
        memcpy(seqs, order, n * sizeof *seqs);
    sort_free(s);
    return st;
}

enum st view_sort(struct view *v, const struct sort_key *keys, size_t n_keys, uint32_t *seqs, size_t n)
{
    enum st st;

    if (n < 2)
        return ST_OK;
    /* few of many are read sooner than all that is known of the mailbox is gone through */
    if (n >= ORDERS_LEAST && n >= view_count(v) / 8) {
        st = sort_by(v, keys, n_keys, seqs, n, sort_by_orders);
        if (st != ST_NOTFOUND && st != ST_LIMIT)
            return st;
    }
    return sort_by(v, keys, n_keys, seqs, n, sort_indices);
}

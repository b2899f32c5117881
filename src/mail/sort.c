/* SORT: for each key a column with a number for each message, which decides nearly always. Of a text it is its first
 * eight bytes; the text itself stands behind two bytes that say how long it is. */
#include "mail/sorting.h"

#include "base/must.h"
#include "mime/casefold.h"
#include "mime/encword.h"
#include "mime/envelope.h"

#define TEXT_MAX 1024     /* of a folded name */
#define NAME_MAX_ 4096u   /* of a name before that */
#define BEHIND_ALL '\xff' /* no byte of UTF-8 */
#define GROWTH 64         /* the most that a byte may grow by in folding */

struct column {
    struct sort_key key;
    uint64_t *num;
    const char **text; /* NULL: the numbers are all there is */
};

struct sort {
    struct sorting mem;
    struct column cols[SORT_COUNT];
    size_t n_cols;
    struct buf folded;
    struct arena tmp;
};

static bool is_text(enum sort_by by)
{
    return by != SORT_ARRIVAL && by != SORT_DATE && by != SORT_SIZE;
}

static size_t text_len(const char *t)
{
    return t ? (size_t)(unsigned char)t[0] << 8 | (unsigned char)t[1] : 0;
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
    size_t na = text_len(a), nb = text_len(b), n = MIN(na, nb);
    int c = n ? memcmp(a + 2, b + 2, n) : 0;

    return c ? c : (na > nb) - (na < nb);
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

/* RFC 5255 section 4.6: what could not be converted comes behind all that could. Where characters were lost there is U+FFFD. */
static bool has_unreadable(struct str text)
{
    for (size_t i = 0; i + 2 < text.n; i++)
        if (text.p[i] == '\xef' && text.p[i + 1] == '\xbf' && text.p[i + 2] == '\xbd')
            return true;
    return false;
}

static enum st put_text(struct sort *s, struct column *col, size_t i, struct str text)
{
    char *p;

    bool bad;
    size_t n;

    text = str_sub(text, 0, TEXT_MAX);
    if (text.n == 0) {
        col->num[i] = 0;
        return ST_OK;
    }
    bad = has_unreadable(text);
    n = text.n + bad;
    TRY(sorting_take(&s->mem, n + 2));
    p = arena_alloc(&s->mem.arena, n + 2);
    p[0] = (char)(n >> 8);
    p[1] = (char)(n & 255);
    p[2] = BEHIND_ALL;
    memcpy(p + 2 + bad, text.p, text.n);
    col->text[i] = p;
    col->num[i] = first_bytes(str_n(p + 2, n));
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

static enum st put_message(struct sort *s, size_t i, const struct mail_msg *m, const struct email *e)
{
    arena_reset(&s->tmp);
    for (size_t k = 0; k < s->n_cols; k++) {
        struct column *col = &s->cols[k];

        switch (col->key.by) {
        case SORT_ARRIVAL: col->num[i] = m->internal_date_us / 1000000; break;
        case SORT_SIZE: col->num[i] = m->size; break;
        case SORT_DATE: col->num[i] = sorting_sent(m, e); break;
        default:
            if (e)
                TRY(put_text(s, col, i, text_of(s, &e->rec, col->key.by)));
        }
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

static enum st sort_messages(struct sort *s, struct view *v, const struct sort_key *keys, size_t n_keys, uint32_t *seqs,
                             size_t n) SUSPENDS
{
    struct email_cursor *cursor;
    uint32_t *order, *sorted;
    enum st st;

    TRY(make_columns(s, keys, n_keys, n));
    TRY(email_cursor_open(v, &cursor));
    st = read_messages(s, v, cursor, seqs, n);
    email_cursor_close(cursor);
    TRY(st);
    TRY(sorting_take(&s->mem, n * 2 * sizeof *order));
    order = ARENA_ARRAY(&s->mem.arena, uint32_t, n);
    sorted = ARENA_ARRAY(&s->mem.arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    TRY(sorting_sort(&s->mem, order, n, compare, s));
    for (size_t i = 0; i < n; i++)
        sorted[i] = seqs[order[i]];
    memcpy(seqs, sorted, n * sizeof *seqs);
    return ST_OK;
}

enum st view_sort(struct view *v, const struct sort_key *keys, size_t n_keys, uint32_t *seqs, size_t n)
{
    struct sort *s;
    enum st st;

    if (n < 2)
        return ST_OK;
    s = MEM_NEW(struct sort);
    sorting_begin(&s->mem);
    buf_init(&s->folded, NAME_MAX_ * GROWTH);
    st = sort_messages(s, v, keys, n_keys, seqs, n);
    buf_fini(&s->folded);
    arena_fini(&s->tmp);
    sorting_end(&s->mem);
    mem_free(s);
    return st;
}

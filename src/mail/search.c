/* SEARCH: every message is asked with as little as decides it: first what is in memory, then the record, then the
 * header, then all of the letter. A key that can't tell yet says so, and AND, OR and NOT reckon with three
 * values. Lets others run now and then. */
#include "mail/search.h"

#include "base/must.h"
#include "mail/state.h"
#include "mime/text_search.h"

#ifndef SLICE_US
#define SLICE_US 4000 /* then others run */
#endif
#define PIECE 131072u /* of a letter that is searched */
#define DAY_US 86400000000
#define LOOK_EVERY 256u /* messages between looks at the clock */

enum answer { NO, YES, NOT_YET };
enum level { LEVEL_MEMORY, LEVEL_RECORD, LEVEL_HEADER, LEVEL_BODY };

/* A key with what is prepared once for all messages. */
struct prepared {
    const struct search_key *key;
    struct mime_needle needle;
    struct mime_search *text; /* for BODY and TEXT, from the first message on that is read */
    int bit;                  /* of a keyword; -1: no message has it */
    struct prepared *kids;
};

struct search {
    struct view *v;
    enum level level; /* what is at hand about the message */
    uint32_t seq;
    struct mail_msg msg;
    struct email email;
    struct blob_view body; /* or the header */
    int64_t now_s;
    bool asks_headers;
    uint64_t slice_ends, asked, all; /* messages */
    uint32_t *found;
    size_t n, cap;
};

static bool in_set(struct uid_set set, uint32_t x)
{
    size_t lo = 0, hi = set.n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (set.r[mid].hi < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < set.n && set.r[lo].lo <= x;
}

static int keyword_bit(const struct view *v, struct str name)
{
    for (unsigned i = 0; i < view_keywords(v); i++) {
        if (str_ieq(view_keyword(v, i), name))
            return (int)i;
    }
    return -1;
}

static bool has_text(enum search_what what)
{
    return what == SEARCH_HEADER || what == SEARCH_ADDRESS || what == SEARCH_BODY || what == SEARCH_TEXT;
}

static bool has_kind(const struct search_key *key, enum search_what what)
{
    bool has = key->what == what;

    for (size_t i = 0; i < key->n_kids && !has; i++)
        has = has_kind(key->kids[i], what);
    return has;
}

static void prepare(struct prepared *p, const struct search_key *key, const struct view *v, struct arena *ar)
{
    p->key = key;
    if (has_text(key->what))
        mime_needle_init(&p->needle, ar, key->text);
    if (key->what == SEARCH_KEYWORD)
        p->bit = keyword_bit(v, key->text);
    p->kids = ARENA_ARRAY(ar, struct prepared, key->n_kids);
    for (size_t i = 0; i < key->n_kids; i++)
        prepare(&p->kids[i], key->kids[i], v, ar);
}

static void forget(struct prepared *p)
{
    mime_search_free(p->text);
    for (size_t i = 0; i < p->key->n_kids; i++)
        forget(&p->kids[i]);
}

/* --- asking a message --------------------------------------------------------------------------------------------- */

static void rest(struct search *s) SUSPENDS
{
    if (clock_mono_us() < s->slice_ends)
        return;
    co_yield ();
    view_progress(s->v, s->asked, s->all);
    s->slice_ends = clock_mono_us() + SLICE_US;
}

/* The day that the sender wrote; without a Date: the day that it came. */
static int64_t sent_day(const struct search *s)
{
    const struct mime_record *r = &s->email.rec;
    int64_t us = r->flags & MIME_RECORD_HAS_DATE ? r->sent_us + (int64_t)r->zone * 60 * 1000000
                                                 : (int64_t)s->msg.internal_date_us;
    int64_t day = us / DAY_US;

    return us % DAY_US < 0 ? day - 1 : day;
}

static struct str header_of(const struct search *s)
{
    return str_sub(s->body.bytes, 0, s->email.rec.header_size);
}

/* The record knows most answers: which fields there are, and the text of those that stand in ENVELOPE. */
static enum answer ask_header(const struct search *s, const struct prepared *p)
{
    struct str name = p->key->name;
    enum mime_found found;

    if (s->level < LEVEL_RECORD)
        return NOT_YET;
    if (p->key->what == SEARCH_ADDRESS) {
        found = mime_search_addresses(&p->needle, &s->email.rec, name);
    } else {
        if (mime_search_header(&p->needle, s->email.prefix, name))
            return YES;
        found = mime_search_record(&p->needle, &s->email.rec, name);
    }
    switch (found) {
    case MIME_FOUND: return YES;
    case MIME_NOT_FOUND: return NO;
    case MIME_IN_HEADER: break;
    }
    if (s->level < LEVEL_HEADER)
        return NOT_YET;
    return mime_search_header(&p->needle, header_of(s), name) ? YES : NO;
}

static bool has_body(struct search *s, struct prepared *p) SUSPENDS
{
    bool with_headers = p->key->what == SEARCH_TEXT, found = false;
    struct str left = s->body.bytes;

    if (with_headers && mime_search_utf8(&p->needle, s->email.prefix))
        return true;
    if (!p->text)
        p->text = mime_search_new(&p->needle, with_headers);
    mime_search_begin(p->text, &s->email.rec);
    while (left.n && !found) {
        found = mime_search_feed(p->text, str_sub(left, 0, PIECE));
        left = str_from(left, PIECE);
        rest(s);
    }
    return mime_search_end(p->text);
}

static enum answer ask(struct search *s, struct prepared *p) SUSPENDS;

static enum answer ask_all(struct search *s, struct prepared *p) SUSPENDS
{
    enum answer all = YES;

    for (size_t i = 0; i < p->key->n_kids; i++) {
        enum answer one = ask(s, &p->kids[i]);

        if (one == NO)
            return NO;
        if (one == NOT_YET)
            all = NOT_YET;
    }
    return all;
}

static enum answer ask_any(struct search *s, struct prepared *p) SUSPENDS
{
    enum answer any = NO;

    for (size_t i = 0; i < p->key->n_kids; i++) {
        enum answer one = ask(s, &p->kids[i]);

        if (one == YES)
            return YES;
        if (one == NOT_YET)
            any = NOT_YET;
    }
    return any;
}

static enum answer ask_not(struct search *s, struct prepared *p) SUSPENDS
{
    enum answer one = ask(s, &p->kids[0]);

    return one == NOT_YET ? NOT_YET : one == YES ? NO : YES;
}

static enum answer ask(struct search *s, struct prepared *p)
{
    const struct search_key *k = p->key;
    const struct mail_msg *m = &s->msg;
    int64_t day = (int64_t)(m->internal_date_us / DAY_US), came_s = (int64_t)(m->internal_date_us / 1000000);
    int64_t saved_day = (int64_t)(m->save_date_us / DAY_US), num = (int64_t)k->num;

    switch (k->what) {
    case SEARCH_ALL: return YES;
    case SEARCH_AND: return ask_all(s, p);
    case SEARCH_OR: return ask_any(s, p);
    case SEARCH_NOT: return ask_not(s, p);
    case SEARCH_SEQ: return in_set(k->set, s->seq) ? YES : NO;
    case SEARCH_UID: return in_set(k->set, m->uid) ? YES : NO;
    case SEARCH_FLAG: return m->flags & k->num ? YES : NO;
    case SEARCH_KEYWORD: return p->bit >= 0 && m->keywords & 1ull << p->bit ? YES : NO;
    case SEARCH_RECENT: return m->recent ? YES : NO;
    case SEARCH_LARGER: return m->size > k->num ? YES : NO;
    case SEARCH_SMALLER: return m->size < k->num ? YES : NO;
    case SEARCH_BEFORE: return day < num ? YES : NO;
    case SEARCH_ON: return day == num ? YES : NO;
    case SEARCH_SINCE: return day >= num ? YES : NO;
    case SEARCH_SAVEDBEFORE: return saved_day < num ? YES : NO;
    case SEARCH_SAVEDON: return saved_day == num ? YES : NO;
    case SEARCH_SAVEDSINCE: return saved_day >= num ? YES : NO;
    case SEARCH_EMAIL: return m->email_id == k->num ? YES : NO;
    case SEARCH_OLDER: return came_s <= s->now_s - num ? YES : NO;
    case SEARCH_YOUNGER: return came_s >= s->now_s - num ? YES : NO;
    case SEARCH_MODSEQ: return m->modseq >= k->num ? YES : NO;
    case SEARCH_SENTBEFORE: return s->level < LEVEL_RECORD ? NOT_YET : sent_day(s) < num ? YES : NO;
    case SEARCH_SENTON: return s->level < LEVEL_RECORD ? NOT_YET : sent_day(s) == num ? YES : NO;
    case SEARCH_SENTSINCE: return s->level < LEVEL_RECORD ? NOT_YET : sent_day(s) >= num ? YES : NO;
    case SEARCH_HEADER:
    case SEARCH_ADDRESS: return ask_header(s, p);
    case SEARCH_BODY:
    case SEARCH_TEXT: return s->level < LEVEL_BODY ? NOT_YET : has_body(s, p) ? YES : NO;
    }
    never("a search key of no kind");
}

/* A message that is gone or damaged does not match; the search goes on. */
static enum st passed_over(enum st st, enum answer *out)
{
    if (st != ST_NOTFOUND && st != ST_CORRUPT)
        return st;
    *out = NO;
    return ST_OK;
}

static enum st ask_bytes(struct search *s, struct prepared *p, enum level level, enum answer *out) SUSPENDS
{
    struct account *a = s->v->mb->a;
    enum st st = level == LEVEL_HEADER ? email_head(a, &s->email, &s->body) : email_body(a, &s->email, &s->body);

    if (st != ST_OK)
        return passed_over(st, out);
    s->level = level;
    *out = ask(s, p);
    email_body_close(&s->body);
    return ST_OK;
}

static enum st ask_message(struct search *s, struct prepared *p, struct email_cursor *cursor, enum answer *out) SUSPENDS
{
    enum st st;

    view_msg(s->v, s->seq, &s->msg);
    s->level = LEVEL_MEMORY;
    *out = s->msg.gone ? NO : ask(s, p);
    if (*out != NOT_YET)
        return ST_OK;
    st = email_cursor_get(cursor, s->seq, &s->email);
    if (st != ST_OK)
        return passed_over(st, out);
    s->level = LEVEL_RECORD;
    *out = ask(s, p);
    if (*out != NOT_YET)
        return ST_OK;
    if (s->asks_headers)
        TRY(ask_bytes(s, p, LEVEL_HEADER, out));
    return *out == NOT_YET ? ask_bytes(s, p, LEVEL_BODY, out) : ST_OK;
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

static void found(struct search *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->found = mem_resize(s->found, s->cap * sizeof *s->found);
    }
    s->found[s->n++] = s->seq;
}

static enum st ask_range(struct search *s, struct prepared *p, struct email_cursor *cursor, struct uid_range r) SUSPENDS
{
    for (s->seq = r.lo; s->seq <= r.hi; s->seq++, s->asked++) {
        enum answer a = NO;

        TRY(ask_message(s, p, cursor, &a));
        if (a == YES)
            found(s);
        if (s->level > LEVEL_MEMORY || s->seq % LOOK_EVERY == 0)
            rest(s);
        if (co_is_canceled())
            return FAIL(ST_CANCELED, "the search was told to stop");
    }
    return ST_OK;
}

static enum st ask_messages(struct search *s, struct prepared *p, struct uid_set seqs, struct email_cursor *cursor)
    SUSPENDS
{
    for (size_t i = 0; i < seqs.n; i++)
        s->all += seqs.r[i].hi - seqs.r[i].lo + 1;
    for (size_t i = 0; i < seqs.n; i++)
        TRY(ask_range(s, p, cursor, seqs.r[i]));
    return ST_OK;
}

enum st view_search_among(struct view *v, const struct search_key *key, struct uid_set seqs, struct arena *ar,
                          uint32_t **out_seqs, size_t *out_n)
{
    struct search s = {.v = v, .slice_ends = clock_mono_us() + SLICE_US, .now_s = (int64_t)clock_wall_s()};
    struct arena tmp = ARENA_INIT;
    struct email_cursor *cursor;
    struct prepared top = {0};
    enum st st;

    TRY(email_cursor_open(v, &cursor));
    prepare(&top, key, v, &tmp);
    s.asks_headers = has_kind(key, SEARCH_HEADER) || has_kind(key, SEARCH_ADDRESS);
    st = ask_messages(&s, &top, seqs, cursor);
    if (st == ST_OK) {
        *out_seqs = ARENA_ARRAY(ar, uint32_t, s.n);
        *out_n = s.n;
        if (s.n)
            memcpy(*out_seqs, s.found, s.n * sizeof *s.found);
    }
    email_cursor_close(cursor);
    forget(&top);
    mem_free(s.found);
    arena_fini(&tmp);
    return st;
}

enum st view_search(struct view *v, const struct search_key *key, struct arena *ar, uint32_t **out_seqs, size_t *out_n)
{
    struct uid_range all = {1, view_count(v)};

    return view_search_among(v, key, (struct uid_set){&all, all.hi ? 1 : 0}, ar, out_seqs, out_n);
}

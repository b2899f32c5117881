/* The story of letters: first those that the word may mean, the newest of them, then all that happened to each. */
#include "box/trace_admin.h"

#include "base/codec.h"
#include "mail/trace.h"
#include "mime/addrspec.h"
#include "mime/record.h"

#include <stdlib.h>

#define LETTERS_USUAL 20
#define FLUSH_MS 3000
#define SAYS_MAX 4096

struct wish {
    struct str address; /* in its one form; empty: none */
    struct str queue;   /* 16 digits; empty: none */
    uint64_t letter, message_id;
};

struct job {
    struct box *b;
    uint64_t account;
    struct str owner; /* the account, as it stands in events */
    struct arena *a;
    struct json *j;
    struct wish wish;
    uint64_t letters[TRACE_SOUGHT_MAX];
    size_t n_letters, most;
    struct trace_event *accepted; /* of the letter that is told of; kind 0: it is not known */
};

/* --- what is asked for ------------------------------------------------------------------------------------------- */

static bool is_id(struct job *job, struct str word, uint64_t *out)
{
    struct str raw;

    if (word.n != 16 || hex_decode(job->a, word, &raw) != ST_OK)
        return false;
    *out = 0;
    for (size_t i = 0; i < raw.n; i++)
        *out = *out << 8 | (unsigned char)raw.p[i];
    return true;
}

static struct str small_letters(struct arena *a, struct str s)
{
    struct str t = arena_str(a, s);

    for (size_t i = 0; i < t.n; i++)
        ((char *)(uintptr_t)t.p)[i] = ascii_lower(t.p[i]);
    return t;
}

/* A message id looks like an address, with brackets or without. */
static enum st wish_of(struct job *job, struct str word)
{
    struct addrspec *spec = ARENA_NEW(job->a, struct addrspec);
    struct wish *w = &job->wish;
    struct str inner = word;

    if (is_id(job, word, &w->letter)) {
        w->queue = small_letters(job->a, word);
        return ST_OK;
    }
    if (str_starts(word, STR("<")) && str_ends(word, STR(">")))
        inner = str_sub(word, 1, word.n - 2);
    if (str_find(inner, '@') == inner.n)
        return FAIL(ST_SYNTAX,
                    "\"%.*s\" is no letter's id (16 hexadecimal digits, as its Received line and the log have "
                    "them), no number in the queue, no address and no Message-ID",
                    (int)MIN(word.n, 60), word.p);
    w->message_id = mime_id_hash(inner);
    if (inner.n == word.n && addrspec_parse(word, spec) == ST_OK)
        w->address = arena_str(job->a, spec->whole);
    return ST_OK;
}

static size_t hashes_of(const struct wish *w, uint64_t out[4])
{
    size_t n = 0;

    if (w->letter)
        out[n++] = trace_hash_letter(w->letter);
    if (w->queue.n)
        out[n++] = trace_hash_queue(w->queue);
    if (w->message_id)
        out[n++] = trace_hash_message(w->message_id);
    if (w->address.n)
        out[n++] = trace_hash_address(w->address);
    return n;
}

/* Hashes may lie. */
static bool fits(const struct wish *w, const struct trace_event *e)
{
    if ((w->letter && e->letter == w->letter) || (w->message_id && e->message_id == w->message_id))
        return true;
    for (size_t i = 0; i < e->n; i++) {
        const struct trace_item *t = &e->items[i];

        if (w->queue.n && t->field == TRACE_F_QUEUE && str_eq(t->value, w->queue))
            return true;
        if (w->address.n && str_ieq(t->value, w->address) &&
            (t->field == TRACE_F_FROM || t->field == TRACE_F_LOGIN || t->field == TRACE_F_RCPT ||
             t->field == TRACE_F_TO))
            return true;
    }
    return false;
}

static void note_letter(struct job *job, uint64_t letter)
{
    for (size_t i = 0; i < job->n_letters; i++)
        if (job->letters[i] == letter)
            return;
    if (job->n_letters < job->most)
        job->letters[job->n_letters++] = letter;
}

/* --- whose it is -------------------------------------------------------------------------------------------------- */

static struct str field(const struct trace_event *e, enum trace_field which)
{
    for (size_t i = 0; i < e->n && !trace_field_begins(e->items[i].field); i++)
        if (e->items[i].field == which)
            return e->items[i].value;
    return STR_NONE;
}

static size_t rcpt_end(const struct trace_event *e, size_t at)
{
    for (at++; at < e->n && !trace_field_begins(e->items[at].field); at++)
        continue;
    return at;
}

static bool is_for(const struct trace_event *e, size_t from, size_t to, struct str owner)
{
    for (size_t i = from; i < to; i++)
        if (e->items[i].field == TRACE_F_OWNER && str_eq(e->items[i].value, owner))
            return true;
    return false;
}

enum part {
    NOTHING,
    ITS_OWN,
    ALL
}; /* of a letter's story that the account may know: as one of those who got it; as its sender */

static enum part part_of(const struct job *job, const struct trace_event *e)
{
    if (!job->account || str_eq(field(e, TRACE_F_ACCOUNT), job->owner))
        return ALL;
    if (e->kind != TRACE_ACCEPTED)
        return NOTHING;
    for (size_t i = 0, end; i < e->n; i = end) {
        end = trace_field_begins(e->items[i].field) ? rcpt_end(e, i) : i + 1;
        if (is_for(e, i, end, job->owner))
            return ITS_OWN;
    }
    return NOTHING;
}

/* --- saying it ---------------------------------------------------------------------------------------------------- */

static bool is_shown(const struct job *job, enum part part, bool is_elsewhere, const struct trace_item *t)
{
    if (!job->account)
        return true;
    if (is_elsewhere && (t->field == TRACE_F_HOST || t->field == TRACE_F_ANSWER))
        return false;
    if (t->field == TRACE_F_OWNER || t->field == TRACE_F_ACCOUNT)
        return false;
    /* who got it does not hear of the others, nor its sender where his addresses lead */
    return part == ALL ? t->field != TRACE_F_TO && t->field != TRACE_F_MAILBOX
                       : t->field != TRACE_F_LOGIN && t->field != TRACE_F_QUEUE && t->field != TRACE_F_MORE;
}

/* A sender hears of the address that he wrote to, not of those that it led to. */
static const struct trace_item *written_to(const struct job *job, struct str address)
{
    const struct trace_event *e = job->accepted;
    const struct trace_item *rcpt = NULL;

    if (!job->account || !e->kind)
        return NULL;
    for (size_t i = 0; i < e->n; i++) {
        if (e->items[i].field == TRACE_F_RCPT)
            rcpt = &e->items[i];
        if (rcpt && e->items[i].field == TRACE_F_TO && str_ieq(e->items[i].value, address))
            return rcpt;
    }
    return NULL;
}

/* Then what servers have said is not his either: it names them. */
static bool leads_on(const struct job *job, struct trace_event *e, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct trace_item *rcpt = e->items[i].field == TRACE_F_RCPT ? written_to(job, e->items[i].value) : NULL;

        if (!rcpt)
            continue;
        e->items[i].value = rcpt->value;
        return true;
    }
    return false;
}

/* A line of the table: what stands in columns of their own, the rest in words, and all of it as fields. */
static void line(struct job *job, struct trace_event *e, size_t from, size_t to, enum part part)
{
    struct json *j = job->j;
    struct str rcpt = STR("-"), state = STR("-");
    bool is_elsewhere = leads_on(job, e, from, to);
    struct buf says;

    buf_init(&says, SAYS_MAX);
    for (size_t i = from; i < to; i++) {
        const struct trace_item *t = &e->items[i];

        if (!is_shown(job, part, is_elsewhere, t))
            continue;
        if (t->field == TRACE_F_RCPT)
            rcpt = t->value;
        else if (t->field == TRACE_F_STATE)
            state = t->value;
        else if (t->field != TRACE_F_OWNER && t->field != TRACE_F_ACCOUNT)
            buf_addf(&says, "%s%s %.*s", says.n ? ", " : "", trace_field_word(t->field), STR_ARGS(t->value));
    }
    json_object(j);
    json_kv_str(j, "at", time_rfc3339(job->a, e->at_us));
    json_kv_str(j, "letter", arena_printf(job->a, "%016llx", (unsigned long long)e->letter));
    json_kv_str(j, "event", str_z(trace_kind_word(e->kind)));
    json_kv_str(j, "rcpt", rcpt);
    json_kv_str(j, "state", state);
    json_kv_str(j, "says", buf_str(&says));
    json_key(j, "fields");
    json_object(j);
    for (size_t i = from; i < to; i++)
        if (is_shown(job, part, is_elsewhere, &e->items[i]))
            json_kv_str(j, trace_field_word(e->items[i].field), e->items[i].value);
    json_object_end(j);
    json_object_end(j);
    buf_fini(&says);
}

static void say(struct job *job, struct trace_event *e, enum part part)
{
    size_t head = 0;

    if (part == ITS_OWN && e->kind != TRACE_ACCEPTED)
        return;
    if (e->kind == TRACE_REFUSED) {
        line(job, e, 0, e->n, part);
        return;
    }
    while (head < e->n && !trace_field_begins(e->items[head].field))
        head++;
    if (e->kind != TRACE_CARRIED || head == e->n)
        line(job, e, 0, head, part);
    for (size_t i = head, end; i < e->n; i = end) {
        end = rcpt_end(e, i);
        if (part == ALL || is_for(e, i, end, job->owner))
            line(job, e, i, end, part);
    }
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

static enum st find_letters(struct job *job) SUSPENDS
{
    struct trace_event *e = ARENA_NEW(job->a, struct trace_event);
    struct str *events;
    uint64_t hashes[4];
    size_t n;

    TRY(trace_find(job->b->trace, job->a, hashes, hashes_of(&job->wish, hashes), TRACE_FOUND_MAX, &events, &n));
    for (size_t i = n; i-- > 0;) /* the newest come first */
        if (trace_event_get(events[i], e) == ST_OK && fits(&job->wish, e))
            note_letter(job, e->letter);
    return ST_OK;
}

struct told {
    struct str bytes;
    uint64_t at_us;
    size_t number;
};

static int by_time(const void *a, const void *b)
{
    const struct told *x = a, *y = b;

    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void say_letter(struct job *job, const struct told *v, size_t n, uint64_t letter, struct trace_event *e)
{
    enum part part = NOTHING;

    job->accepted->kind = 0;
    for (size_t i = 0; i < n; i++) {
        if (trace_event_get(v[i].bytes, e) != ST_OK || e->letter != letter)
            continue;
        part = MAX(part, part_of(job, e));
        if (e->kind == TRACE_ACCEPTED && !job->accepted->kind)
            *job->accepted = *e;
    }
    for (size_t i = 0; i < n && part != NOTHING; i++)
        if (trace_event_get(v[i].bytes, e) == ST_OK && e->letter == letter)
            say(job, e, part);
}

static enum st say_letters(struct job *job) SUSPENDS
{
    struct trace_event *e = ARENA_NEW(job->a, struct trace_event);
    uint64_t hashes[TRACE_SOUGHT_MAX];
    struct str *events;
    struct told *v;
    size_t n = 0;

    for (size_t i = 0; i < job->n_letters; i++)
        hashes[i] = trace_hash_letter(job->letters[i]);
    if (job->n_letters)
        TRY(trace_find(job->b->trace, job->a, hashes, job->n_letters, TRACE_FOUND_MAX, &events, &n));
    v = ARENA_ARRAY(job->a, struct told, n);
    for (size_t i = 0; i < n; i++) {
        v[i] = (struct told){.bytes = events[i], .number = i};
        if (trace_event_get(events[i], e) == ST_OK)
            v[i].at_us = e->at_us;
    }
    qsort(v, n, sizeof *v, by_time);
    for (size_t i = job->n_letters; i-- > 0;) /* the oldest first */
        say_letter(job, v, n, job->letters[i], e);
    return ST_OK;
}

static enum st most_of(const struct admin_args *args, size_t *out)
{
    struct str v;
    uint64_t most = LETTERS_USUAL;

    if (admin_value(args, "most", &v) && (str_u64(v, TRACE_SOUGHT_MAX, &most) != ST_OK || !most))
        return FAIL(ST_SYNTAX, "--most is a number from 1 to %d", TRACE_SOUGHT_MAX);
    *out = (size_t)most;
    return ST_OK;
}

enum st trace_admin_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args,
                        struct json *json)
{
    struct job *job = ARENA_NEW(a, struct job);

    *job = (struct job){.b = b, .account = account, .a = a, .j = json};
    job->accepted = ARENA_NEW(a, struct trace_event);
    job->owner = arena_printf(a, "%016llx", (unsigned long long)account);
    TRY(most_of(args, &job->most));
    TRY(wish_of(job, args->args[0]));
    TRY(trace_flush(b->trace, deadline_in(FLUSH_MS)));
    TRY(find_letters(job));
    json_object(json);
    json_key(json, "trace");
    json_array(json);
    TRY(say_letters(job));
    json_array_end(json);
    json_object_end(json);
    return ST_OK;
}

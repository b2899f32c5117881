#include "smtp/complete.h"
#include "smtp/session.h"

#include <errno.h>
#include <unistd.h>

#define SPOOL_CHUNK 65536

void letter_init(struct letter *l, struct smtp_session *s)
{
    *l = (struct letter){.s = s, .in_header = true, .spool = -1};
    buf_init(&l->header, LIMIT_HEADER);
    buf_init(&l->body, LIMIT_INLINE_LETTER + SPOOL_CHUNK);
    mime_scan_init(&l->scan);
}

void letter_fini(struct letter *l)
{
    if (l->spool >= 0)
        l->s->setup.ops->spool_done(l->s->setup.arg, l->spool, l->spooled);
    buf_fini(&l->header);
    buf_fini(&l->body);
    mime_scan_fini(&l->scan);
}

static void spool_write(struct letter *l, struct str bytes)
{
    while (bytes.n && l->st == ST_OK) {
        ssize_t n = write(l->spool, bytes.p, bytes.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            l->st = st_from_errno(errno);
            return;
        }
        bytes = str_from(bytes, (size_t)n);
        l->spooled += (uint64_t)n;
    }
}

/* Moves what is in memory into the spool. */
static void spill(struct letter *l) SUSPENDS
{
    const struct smtp_ops *ops = l->s->setup.ops;

    if (l->spool < 0)
        l->st = ops->spool(l->s->setup.arg, &l->spool);
    if (l->st == ST_OK &&
        !ops->spool_may(l->s->setup.arg, l->body.n)) /* given back with the file, so not before there is one */
        l->st = ST_NOSPACE;
    if (l->st == ST_OK)
        spool_write(l, buf_str(&l->body));
    buf_clear(&l->body);
}

static void put(struct letter *l, struct str bytes) SUSPENDS
{
    l->size += bytes.n;
    if (l->st == ST_OK && l->size > smtp_most_bytes(l->s))
        l->st = ST_LIMIT;
    if (l->st != ST_OK)
        return;
    mime_scan_feed(&l->scan, bytes);
    while (bytes.n && l->st == ST_OK) {
        size_t keep = l->spool < 0 ? LIMIT_INLINE_LETTER : SPOOL_CHUNK;
        struct str part = str_sub(bytes, 0, keep - MIN(keep, l->body.n));

        buf_add(&l->body, part);
        bytes = str_from(bytes, part.n);
        if (bytes.n)
            spill(l);
    }
}

/* The length of the field at the front: a line and those behind it that begin with white space. */
static size_t field_length(struct str s)
{
    size_t at = 0;

    do {
        size_t n = str_find(str_from(s, at), '\n');

        at = MIN(at + n + 1, s.n);
    } while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'));
    return at;
}

static struct str take_field(struct str *rest)
{
    struct str field = str_n(rest->p, field_length(*rest));

    *rest = str_from(*rest, field.n);
    return field;
}

/* On submission ports; what a header lacks that is not here whole nobody knows, and the letter is refused. */
static void complete(struct letter *l, struct completion *c) SUSPENDS
{
    struct arena *a = &l->s->txn_arena;
    struct str rest = buf_str(&l->header);

    *c = (struct completion){0};
    while (rest.n)
        completion_note(c, a, take_field(&rest));
    put(l, completion_fields(c, a, l->s->set->host_name));
}

static void put_header(struct letter *l) SUSPENDS
{
    struct str rest = buf_str(&l->header);
    bool completes = l->s->submission && !l->header_cut;
    struct completion c;

    l->in_header = false;
    if (completes)
        complete(l, &c);
    while (rest.n) {
        struct str field = take_field(&rest);

        if (str_istarts(field, STR("Received:")))
            l->hops++;
        if (l->s->submission || smtp_submitter(l->s))
            authors_field(&l->authors, &l->s->txn_arena, field);
        if (str_istarts(field, STR("Return-Path:")) || str_istarts(field, STR("X-Restante-Bounce:")) ||
            str_istarts(field, STR("X-Restante-Checks:")))
            continue;
        if (completes && completion_drops(&c, field, l->s->set->smtp_remove_bcc))
            continue;
        put(l, field);
    }
    buf_free_memory(&l->header);
}

void letter_prepend(struct letter *l, struct str lines)
{
    put(l, lines);
}

/* Where the header's empty line ends in `s`, looking from `from`; 0 when it is not there yet. */
static size_t header_end(struct str s, size_t from)
{
    size_t at;

    if (str_starts(s, STR("\r\n")))
        return 2;
    from = from > 3 ? from - 3 : 0;
    at = str_search(str_from(s, from), STR("\r\n\r\n"));
    return at < s.n - from ? from + at + 4 : 0;
}

void letter_add(struct letter *l, struct str bytes)
{
    if (l->in_header) {
        size_t before = l->header.n, fits = MIN(bytes.n, LIMIT_HEADER - before), end;

        buf_add(&l->header, str_n(bytes.p, fits));
        end = header_end(buf_str(&l->header), before);
        if (end) {
            bytes = str_from(bytes, end - MIN(end, before)); /* the rest is body */
            l->header.n = end;
        } else if (l->header.n < LIMIT_HEADER) {
            return;
        } else {
            l->header_cut = true; /* no header is that long: the rest goes on as it is */
            bytes = str_from(bytes, fits);
        }
        put_header(l);
    }
    put(l, bytes);
}

enum st letter_end(struct letter *l, struct buf *out_record)
{
    if (l->in_header)
        put_header(l);
    if (l->st == ST_OK && l->spool >= 0 && l->body.n)
        spill(l);
    if (l->st != ST_OK)
        return FAIL(l->st, "the letter could not be taken");
    mime_scan_end(&l->scan, out_record);
    return buf_check(out_record);
}

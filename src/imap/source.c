#include "imap/source.h"

#define BEGINNING 256 /* of a line that is too long: room for its tag */

static enum st source_line(void *arg, struct arena *a, struct str *out) SUSPENDS
{
    struct imap_conn *c = arg;
    struct str line;
    enum st st = imap_conn_line(c, LIMIT_IMAP_LINE, &line);

    if (st == ST_LIMIT) {
        *out = arena_str(a, str_sub(stream_input(c->stream), 0, BEGINNING));
        TRY(imap_conn_skip_line(c));
        return FAIL(ST_LIMIT, "Line too long");
    }
    TRY(st);
    *out = arena_str(a, line);
    return ST_OK;
}

static enum st source_literal(void *arg, struct arena *a, size_t n, bool sync, struct str *out) SUSPENDS
{
    struct imap_conn *c = arg;
    char *p = arena_alloc(a, n);
    struct str piece;

    if (sync)
        imap_put(c, STR("+ OK\r\n"));
    for (size_t got = 0; got < n; got += piece.n) {
        TRY(imap_conn_bytes(c, n - got, &piece));
        memcpy(p + got, piece.p, piece.n);
        stream_eat(c->stream, piece.n);
    }
    *out = str_n(p, n);
    return ST_OK;
}

static enum st source_skip(void *arg, uint64_t n) SUSPENDS
{
    return imap_conn_skip(arg, n);
}

struct imap_source imap_source_of(struct imap_conn *c)
{
    return (struct imap_source){.line = source_line,
                                .literal = source_literal,
                                .skip = source_skip,
                                .arg = c,
                                .literal_max = LIMIT_IMAP_LITERAL,
                                .command_max = LIMIT_IMAP_COMMAND,
                                .skip_max = LIMIT_IMAP_COMMAND};
}

void imap_source_withhold(struct imap_source *src, const struct imap_withheld *w)
{
    src->withheld = w;
    src->nonsync = NONSYNC_ANY;
    if (imap_is_withheld(w, STR("LITERAL+")))
        src->nonsync = imap_is_withheld(w, STR("LITERAL-")) ? NONSYNC_NONE : NONSYNC_SMALL;
}

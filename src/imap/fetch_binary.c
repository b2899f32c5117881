/* BINARY (RFC 3516): parts without their transfer encoding. What is sent has to be announced with its length, so a part is
 * decoded twice, a piece at a time: to count, and to send. */
#include "co/co.h"
#include "imap/fetch.h"
#include "mime/decode.h"

#define PIECE 32768u
#define SLICE_US 2000 /* then others run */

struct decoding {
    struct fetch_run *f;
    enum mime_encoding encoding;
    struct fetch_pieces pieces;
    uint64_t from, most; /* of the decoded bytes those that are meant */
    uint64_t total, n;   /* decoded, and of these meant */
    bool has_nul;        /* among those meant */
    uint64_t slice_ends;
};

static enum st rest(struct decoding *d) SUSPENDS
{
    if (clock_mono_us() >= d->slice_ends) {
        co_yield ();
        d->slice_ends = clock_mono_us() + SLICE_US;
    }
    return imap_conn_check(d->f->conn);
}

/* Counts decoded bytes, and sends those that are meant. */
static void take(struct decoding *d, struct str bytes, bool send) SUSPENDS
{
    uint64_t skip = d->total < d->from ? MIN(d->from - d->total, (uint64_t)bytes.n) : 0;
    struct str meant = str_sub(bytes, (size_t)skip, (size_t)MIN(d->most - d->n, (uint64_t)bytes.n));

    d->total += bytes.n;
    d->n += meant.n;
    d->has_nul |= meant.n && memchr(meant.p, '\0', meant.n);
    if (send && meant.n)
        imap_put(d->f->conn, meant);
}

static enum st decode(struct decoding *d, bool send) SUSPENDS
{
    struct str left = d->pieces.second;
    struct buf *out = &d->f->scratch;
    struct mime_decoder dec;

    d->total = d->n = 0;
    d->has_nul = false;
    take(d, d->pieces.first, send); /* only of what is not encoded */
    mime_decoder_init(&dec, d->encoding);
    do {
        buf_clear(out);
        mime_decode_feed(&dec, str_sub(left, 0, PIECE), out);
        left = str_from(left, PIECE);
        if (left.n == 0)
            mime_decode_end(&dec, out);
        take(d, buf_str(out), send);
        TRY(rest(d));
    } while (left.n);
    return ST_OK;
}

/* Only leaves are encoded (RFC 2045 section 6.4). */
static enum mime_encoding encoding_of(const struct mime_record *r, const struct fetch_section *s, size_t part)
{
    struct mime_part p = mime_record_part(r, part);

    return s->depth == 0 || p.flags & (MIME_PART_MULTIPART | MIME_PART_MESSAGE) ? MIME_BINARY : p.encoding;
}

/* Everything that is to be known before the answer. ST_NOTFOUND: there is no such part, or it can't be decoded. */
static enum st begin(struct decoding *d, const struct fetch_section *s) SUSPENDS
{
    size_t part;

    d->slice_ends = clock_mono_us() + SLICE_US;
    d->from = s->is_partial ? s->from : 0;
    d->most = s->is_partial ? s->most : UINT64_MAX;
    TRY(fetch_find_pieces(d->f, s, &d->pieces, &part));
    d->encoding = encoding_of(&d->f->email.rec, s, part);
    if (d->encoding == MIME_OTHER) { /* told when all is answered: RFC 3516 section 4.3 */
        d->f->unknown_cte = true;
        return FAIL(ST_NOTFOUND, "unknown transfer encoding");
    }
    return decode(d, false);
}

enum st fetch_binary(struct fetch_run *f, const struct fetch_item *it)
{
    struct decoding d = {.f = f};
    enum st st = begin(&d, &it->section);
    char *p;

    imap_put(f->conn, it->section.label);
    if (st != ST_OK) {
        imap_put(f->conn, STR(" NIL"));
        return st == ST_NOTFOUND ? ST_OK : st;
    }
    imap_put(f->conn, d.has_nul ? STR(" ~{") : STR(" {"));
    p = imap_digits(imap_room(f->conn, 32), d.n);
    memcpy(p, "}\r\n", 3);
    imap_wrote(f->conn, p + 3);
    return decode(&d, true);
}

enum st fetch_binary_size(struct fetch_run *f, const struct fetch_item *it)
{
    struct decoding d = {.f = f};
    enum st st = begin(&d, &it->section);

    imap_put(f->conn, it->section.label);
    imap_put(f->conn, STR(" "));
    imap_put_u64(f->conn, st == ST_OK ? d.n : 0); /* a number must stand there */
    return st == ST_NOTFOUND ? ST_OK : st;
}

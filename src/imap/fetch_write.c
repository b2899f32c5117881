/* One item of one message each. Offsets in the record count from the blob's first byte; the lines of the prefix
 * (Return-Path, Delivered-To) stand before it and are the first of the letter's header. */
#include "base/clock.h"
#include "imap/condstore.h"
#include "imap/fetch.h"
#include "imap/object_id.h"
#include "mime/header.h"

static char *add(char *p, struct str s)
{
    memcpy(p, s.p, s.n);
    return p + s.n;
}

enum st fetch_uid(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_wrote(f->conn, imap_digits(add(imap_room(f->conn, 32), STR("UID ")), f->msg.uid));
    return ST_OK;
}

enum st fetch_flags(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_put(f->conn, STR("FLAGS "));
    imap_put_flags(f->s, &f->msg);
    return ST_OK;
}

enum st fetch_size(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_wrote(f->conn, imap_digits(add(imap_room(f->conn, 40), STR("RFC822.SIZE ")), f->msg.size));
    return ST_OK;
}

static char *two(char *p, unsigned n)
{
    *p++ = (char)('0' + n / 10 % 10);
    *p++ = (char)('0' + n % 10);
    return p;
}

/* " 5-Jan-2026", kept for the next message: neighbours are mostly of one day. */
static void set_day(struct fetch_run *f, int64_t day)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned month, mday;
    char *p = f->day_text;
    int64_t year;

    f->day = day;
    civil_from_days(day, &year, &month, &mday);
    p = two(p, mday);
    if (f->day_text[0] == '0')
        f->day_text[0] = ' ';
    *p++ = '-';
    p = add(p, str_n(months + (month - 1) * 3, 3));
    *p++ = '-';
    p = two(p, (unsigned)(year / 100 % 100));
    two(p, (unsigned)(year % 100));
}

static void put_date(struct fetch_run *f, struct str name, uint64_t date_us) SUSPENDS
{
    uint64_t seconds = date_us / 1000000;
    unsigned of_day = (unsigned)(seconds % 86400);
    char *p = add(imap_room(f->conn, 64), name);

    if ((int64_t)(seconds / 86400) != f->day)
        set_day(f, (int64_t)(seconds / 86400));
    p = add(p, str_n(f->day_text, 11));
    *p++ = ' ';
    p = two(p, of_day / 3600);
    *p++ = ':';
    p = two(p, of_day / 60 % 60);
    *p++ = ':';
    p = two(p, of_day % 60);
    imap_wrote(f->conn, add(p, STR(" +0000\"")));
}

enum st fetch_modseq(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_put_modseq(f->s, f->msg.modseq);
    return ST_OK;
}

enum st fetch_internaldate(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    put_date(f, STR("INTERNALDATE \""), f->msg.internal_date_us);
    return ST_OK;
}

enum st fetch_savedate(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    put_date(f, STR("SAVEDATE \""), f->msg.save_date_us);
    return ST_OK;
}

enum st fetch_emailid(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    char *p = imap_email_object_id(add(imap_room(f->conn, 40), STR("EMAILID (")), f->msg.email_id);

    imap_wrote(f->conn, add(p, STR(")")));
    return ST_OK;
}

enum st fetch_threadid(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_put(f->conn, STR("THREADID NIL"));
    return ST_OK;
}

enum st fetch_envelope(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_put(f->conn, STR("ENVELOPE "));
    imap_put(f->conn, f->email.rec.envelope);
    return ST_OK;
}

enum st fetch_bodystructure(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    imap_put(f->conn, STR("BODYSTRUCTURE "));
    imap_put(f->conn, f->email.rec.bodystructure);
    return ST_OK;
}

enum st fetch_body(struct fetch_run *f, const struct fetch_item *it UNUSED)
{
    buf_clear(&f->scratch);
    mime_record_add_body(&f->email.rec, &f->scratch); /* shorter than the record */
    imap_put(f->conn, STR("BODY "));
    imap_put(f->conn, buf_str(&f->scratch));
    return ST_OK;
}

/* --- sections -------------------------------------------------------------------------------------- */

static enum st damaged(struct fetch_run *f)
{
    return FAIL(ST_CORRUPT, "The message with UID %u is damaged in the store", f->msg.uid);
}

/* The bytes up to `end`: of most letters that a client lists it wants the header alone. */
enum st fetch_open_blob(struct fetch_run *f, uint64_t end)
{
    bool head = end <= f->email.rec.header_size;

    if (f->has_blob && f->blob.bytes.n >= end)
        return ST_OK;
    if (f->has_blob)
        email_body_close(&f->blob);
    f->has_blob = false;
    enum st st = head ? email_head(f->account, &f->email, &f->blob) : email_body(f->account, &f->email, &f->blob);

    if (st == ST_CORRUPT || st == ST_NOTFOUND) {
        LOG(IMAP_COMMAND_FAILED, lf_z("command", "FETCH"), lf_err());
        return damaged(f);
    }
    TRY(st);
    f->has_blob = true;
    return ST_OK;
}

/* Does the section begin with the letter's own header, or is it all of it? Then the prefix belongs to it. */
static bool has_prefix(const struct fetch_section *s, size_t part)
{
    if (s->what == MIME_SECTION_TEXT || part != 0)
        return false;
    return s->depth == 0 || s->what == MIME_SECTION_MIME;
}

enum st fetch_find_pieces(struct fetch_run *f, const struct fetch_section *s, struct fetch_pieces *out,
                          size_t *out_part)
{
    struct mime_span span;
    size_t part;

    if (!f->has_email)
        return damaged(f);
    TRY(mime_record_section(&f->email.rec, s->path, s->depth, s->what, &span, &part));
    TRY(fetch_open_blob(f, (uint64_t)span.at + span.n));
    if (span.at > f->blob.bytes.n || span.n > f->blob.bytes.n - span.at)
        return damaged(f);
    out->first = has_prefix(s, part) ? f->email.prefix : STR_NONE;
    out->second = str_sub(f->blob.bytes, span.at, span.n);
    *out_part = part;
    return ST_OK;
}

/* HEADER.FIELDS: the fields of the prefix are looked through like the others; only one empty line at the end. */
static enum st filter_pieces(struct fetch_run *f, const struct fetch_section *s, struct fetch_pieces *pc)
{
    struct str whole = pc->second;

    if (pc->first.n) {
        char *p = arena_alloc(f->arena, pc->first.n + pc->second.n);

        add(add(p, pc->first), pc->second);
        whole = str_n(p, pc->first.n + pc->second.n);
    }
    buf_clear(&f->scratch);
    mime_header_filter(whole, s->names, s->n_names, s->is_not, &f->scratch);
    if (buf_check(&f->scratch) != ST_OK)
        return FAIL(ST_LIMIT, "The header is too long");
    *pc = (struct fetch_pieces){STR_NONE, buf_str(&f->scratch)};
    return ST_OK;
}

void fetch_cut_pieces(struct fetch_pieces *pc, uint64_t from, uint64_t most)
{
    size_t skip = (size_t)MIN(from, (uint64_t)pc->first.n);

    pc->first = str_sub(pc->first, skip, (size_t)most);
    pc->second = str_sub(pc->second, (size_t)MIN(from - skip, (uint64_t)pc->second.n), (size_t)most - pc->first.n);
}

enum st fetch_section_bytes(struct fetch_run *f, const struct fetch_section *s, struct fetch_pieces *out)
{
    size_t part;

    TRY(fetch_find_pieces(f, s, out, &part));
    return s->is_filter ? filter_pieces(f, s, out) : ST_OK;
}

/* A letter that came as BINARYMIME (RFC 3030) may have NULs in it, which a literal can't hold (RFC 9051 section 9, CHAR8): as 80 in hexadecimal here,
 * as they are in BINARY. */
static void put_text(struct fetch_run *f, struct str bytes) SUSPENDS
{
    if (!(f->email.rec.flags & MIME_RECORD_HAS_NUL)) {
        imap_put(f->conn, bytes);
        return;
    }
    while (bytes.n) {
        size_t n = str_find(bytes, '\0');

        imap_put(f->conn, str_n(bytes.p, n));
        if (n < bytes.n)
            imap_put(f->conn, STR("\x80"));
        bytes = str_from(bytes, n + 1);
    }
}

enum st fetch_section(struct fetch_run *f, const struct fetch_item *it)
{
    const struct fetch_section *s = &it->section;
    struct fetch_pieces pc;
    enum st st = fetch_section_bytes(f, s, &pc);

    if (st != ST_OK) {
        imap_put(f->conn, s->label);
        imap_put(f->conn, STR(" NIL"));
        return st == ST_NOTFOUND ? ST_OK : st;
    }
    if (s->is_partial)
        fetch_cut_pieces(&pc, s->from, s->most);
    imap_put(f->conn, s->label);
    char *p = add(imap_room(f->conn, 32), STR(" {"));

    p = imap_digits(p, pc.first.n + pc.second.n);
    imap_wrote(f->conn, add(p, STR("}\r\n")));
    put_text(f, pc.first);
    put_text(f, pc.second);
    return ST_OK;
}

/* PREVIEW (RFC 8970). It is made when it is asked for and kept nowhere: it depends on the letter's bytes alone, so it is the same
 * each time (section 3.2), and to make it takes less than to read the letter. Kept beside every letter it would take half as
 * much room again as all else that is kept of one, for most letters in vain. */
#include "co/co.h"
#include "imap/fetch.h"
#include "mime/preview.h"

enum {
    LAZY_MOST_US = 200000, /* what previews with LAZY may take of one FETCH together; then they are left out */
    LAZY_LETTER = 262144,  /* a larger letter is read for one without LAZY only */
    SLICE_US = 4000,
};

/* Section 4.1: NIL, when it can't be had without undue delay. */
static bool is_undue(const struct fetch_run *f)
{
    return f->lazy_us > LAZY_MOST_US || (f->email.rec.size > LAZY_LETTER && !f->has_blob);
}

static enum st put_preview(struct fetch_run *f) SUSPENDS
{
    const struct mime_record *r = &f->email.rec;
    struct str text;
    enum st st = fetch_open_blob(f, r->size);

    buf_clear(&f->scratch);
    if (st == ST_OK)
        mime_preview(r, f->blob.bytes, &f->scratch);
    text = buf_str(&f->scratch);
    imap_put_nstring(f->conn, text.n ? text : STR("")); /* NIL is for LAZY only (section 3.2) */
    return st;
}

enum st fetch_preview(struct fetch_run *f, const struct fetch_item *it)
{
    uint64_t from = clock_mono_us(), took;
    enum st st;

    imap_put(f->conn, STR("PREVIEW "));
    if (it->is_lazy && is_undue(f)) {
        imap_put(f->conn, STR("NIL"));
        return ST_OK;
    }
    st = put_preview(f);
    took = clock_mono_us() - from;
    f->lazy_us += it->is_lazy ? took : 0;
    f->busy_us += took;
    if (f->busy_us > SLICE_US) {
        co_yield ();
        f->busy_us = 0;
    }
    return st;
}

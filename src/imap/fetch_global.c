/* Messages with message/global in them (RFC 6532 section 3.7), for clients of IMAP4rev2. They are rare: the letter is read once more. */
#include "imap/fetch.h"
#include "mime/scan.h"

#define PIECE (256u << 10) /* then others run */

static enum st record_anew(struct fetch_run *f, struct str letter) SUSPENDS
{
    struct mime_scan scan;

    buf_fini(&f->record);
    buf_init(&f->record, LIMIT_MIME_RECORD);
    mime_scan_init_global(&scan);
    while (letter.n) {
        mime_scan_feed(&scan, str_sub(letter, 0, PIECE));
        letter = str_from(letter, PIECE);
        if (letter.n)
            co_yield ();
    }
    mime_scan_end(&scan, &f->record);
    mime_scan_fini(&scan);
    return mime_record_open(buf_str(&f->record), &f->email.rec);
}

enum st fetch_see_global(struct fetch_run *f)
{
    struct blob_view body;
    enum st st;

    if (!imap_is_rev2(f->s) || !mime_record_has_global(&f->email.rec))
        return ST_OK;
    st = email_body(f->account, &f->email, &body);
    if (st == ST_CORRUPT || st == ST_NOTFOUND) /* whoever asks for its bytes is told */
        return ST_OK;
    TRY(st);
    st = record_anew(f, body.bytes);
    email_body_close(&body);
    return st;
}

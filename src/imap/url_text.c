#include "imap/url_text.h"
#include "mime/net_unicode.h"

enum st url_mailbox_open(struct account *a, struct arena *ar, const struct imap_url *u, struct view **out)
{
    struct str name;
    struct view *v;

    TRY(mime_net_unicode(ar, u->mailbox, &name));
    TRY(view_open(a, name, true, &v));
    if (u->uidvalidity && view_info(v)->uidvalidity != u->uidvalidity) {
        view_close(v);
        return FAIL(ST_NOTFOUND, "That mailbox is not any more");
    }
    *out = v;
    return ST_OK;
}

static enum st find_message(const struct imap_url *u, struct url_text *t, struct arena *ar) SUSPENDS
{
    struct fetch_run *f = &t->run;

    f->seq = view_seq(t->view, u->uid);
    if (!f->seq)
        return FAIL(ST_NOTFOUND, "There is no such message");
    view_msg(t->view, f->seq, &f->msg);
    if (f->msg.gone)
        return FAIL(ST_NOTFOUND, "That message is gone");
    TRY(view_email(t->view, f->seq, ar, &f->email));
    f->has_email = true;
    return ST_OK;
}

static enum st find_bytes(const struct imap_url *u, struct url_text *t, struct arena *ar) SUSPENDS
{
    struct fetch_section section;

    TRY(find_message(u, t, ar));
    TRY(fetch_parse_section(ar, u->section, &section));
    TRY(fetch_section_bytes(&t->run, &section, &t->bytes));
    if (u->is_partial)
        fetch_cut_pieces(&t->bytes, u->from, u->most);
    return ST_OK;
}

enum st url_text_open(struct account *a, struct arena *ar, const struct imap_url *u, struct url_text *out)
{
    struct url_text t = {.run = {.account = a, .arena = ar, .day = -1}};
    enum st st;

    TRY(url_mailbox_open(a, ar, u, &t.view));
    buf_init(&t.run.scratch, LIMIT_HEADER + LIMIT_IMAP_LINE);
    st = find_bytes(u, &t, ar);
    if (st == ST_OK)
        *out = t;
    else
        url_text_close(&t);
    return st;
}

void url_text_close(struct url_text *t)
{
    if (t->run.has_blob)
        email_body_close(&t->run.blob);
    buf_fini(&t->run.scratch);
    view_close(t->view);
}

/* An account to files: folder by folder, letter by letter, none of which is held longer than it takes to write it. */
#include "transfer/inside.h"
#include "transfer/source_imap.h"
#include "transfer/writer.h"

static enum st writer_of(const struct transfer *t, const struct writer_ops **out)
{
    static const struct {
        const char *name;
        const struct writer_ops *ops;
    } all[] = {{"maildir", &write_maildir}, {"mbox", &write_mbox}, {"zip", &write_zip}};
    struct str format = STR("maildir");

    (void)admin_value(t->args, "format", &format);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (str_eq(format, str_z(all[i].name))) {
            *out = all[i].ops;
            return ST_OK;
        }
    return FAIL(ST_SYNTAX, "--format is maildir, mbox or zip, not \"%.*s\"", STR_ARGS(str_sub(format, 0, 40)));
}

static enum st take(void *arg, const struct letter *l)
{
    struct writer *w = arg;

    TRY(w->ops->letter(w, l));
    w->report->messages++;
    w->report->bytes += l->bytes.n;
    return ST_OK;
}

static enum st one_folder(struct transfer *t, struct writer *w, const struct imap_folder *f) SUSPENDS
{
    struct mailbox_head m;
    enum st st = imap_examine(&t->client, f, &m), end;

    if (imap_is_refusal(st)) {
        report_left_out(&t->report, f->name, STR_NONE, err_get()->text);
        return ST_OK;
    }
    TRY(st);
    st = w->ops->mailbox(w, &m);
    if (st == ST_LIMIT || st == ST_SYNTAX) {
        t->report.left_out += m.messages ? m.messages - 1 : 0;
        report_left_out(&t->report, f->name, STR_NONE, err_get()->text);
        return ST_OK;
    }
    TRY(st);
    st = imap_fetch_all(&t->client, &m, 1, &t->report, take, w);
    if (st != ST_OK) {
        struct err kept = *err_get();

        IGNORE(w->ops->mailbox_end(w)); /* the first failure is told */
        *err_get() = kept;
        return st;
    }
    end = w->ops->mailbox_end(w);
    t->report.mailboxes += end == ST_OK;
    return end;
}

static enum st all_folders(struct transfer *t, struct writer *w) SUSPENDS
{
    struct imap_folder *folders;
    size_t n;

    TRY(imap_folders(&t->client, &t->arena, &folders, &n));
    for (size_t i = 0; i < n; i++) {
        uint64_t messages = 0;
        enum st st = imap_count(&t->client, &folders[i], &messages);

        if (!imap_is_refusal(st)) /* it will be told when it is opened */
            TRY(st);
        t->report.total += messages;
    }
    for (size_t i = 0; i < n; i++)
        TRY(one_folder(t, w, &folders[i]));
    return ST_OK;
}

enum st transfer_export(struct transfer *t)
{
    const char *path = arena_cstr(&t->arena, t->args->args[1]);
    const struct writer_ops *ops;
    struct writer *w;
    struct err kept;
    enum st st, end;

    TRY(writer_of(t, &ops));
    TRY(ops->open(path, &w));
    w->report = &t->report;
    st = all_folders(t, w);
    kept = *err_get();
    end = ops->close(w);
    if (st != ST_OK)
        *err_get() = kept;
    return st != ST_OK ? st : end;
}

#include "box/undelete.h"

#include "mail/keep.h"
#include "mime/header.h"

#define LIST_MOST 5000 /* lines of one answer */
#define FIELD_MOST 200

struct job {
    struct mail *mail;
    uint64_t account;
    struct arena *a; /* the asking coroutine waits: it is ours meanwhile */
    struct json *json;
    struct kept_filter filter;
    bool restores;
    enum st st;
    struct err why;
};

/* "12-345": mailbox and uid. */
static enum st parse_id(struct str text, struct kept_id *out)
{
    size_t at = str_find(text, '-');

    if (str_u32(str_sub(text, 0, at), UINT32_MAX, &out->mailbox) != ST_OK ||
        str_u32(str_from(text, at + 1), UINT32_MAX, &out->uid) != ST_OK)
        return FAIL(ST_SYNTAX, "\"%.*s\" is no id of a deleted message: the list shows such as 12-345",
                    (int)MIN(text.n, 40), text.p);
    return ST_OK;
}

static enum st parse(struct job *j, const struct admin_args *args)
{
    struct kept_id *ids = ARENA_ARRAY(j->a, struct kept_id, args->n);
    struct str v;

    for (size_t i = 1; i < args->n; i++)
        TRY(parse_id(args->args[i], &ids[i - 1]));
    j->filter.ids = ids;
    j->filter.n_ids = args->n - 1;
    if (admin_value(args, "since", &v))
        TRY(admin_time(v, &j->filter.since_us));
    if (admin_value(args, "mailbox", &v))
        j->filter.mailbox = str_ieq(v, STR("INBOX")) ? STR("INBOX") : v;
    if (admin_value(args, "search", &v))
        j->filter.text = v;
    j->restores = (admin_has(args, "all") || j->filter.n_ids) && !admin_has(args, "list");
    return ST_OK;
}

/* --- on the account's core --------------------------------------------------------------------------------- */

/* A field of the letter's header as people read it. */
static struct str field(struct job *j, struct str header, struct str name)
{
    struct mime_field f;

    if (mime_header_find(header, name, &f) != ST_OK)
        return STR("");
    return str_sub(mime_unfold_decoded(j->a, f.value), 0, FIELD_MOST);
}

static void add_mail(struct job *j, struct account *acc, const struct kept_mail *m) SUSPENDS
{
    struct blob_view view;
    bool has_header = m->email.blob && email_head(acc, &m->email, &view) == ST_OK;
    struct str header = has_header ? view.bytes : STR("");

    json_object(j->json);
    json_kv_str(j->json, "id", arena_printf(j->a, "%u-%u", m->mailbox, m->uid));
    json_kv_str(j->json, "mailbox", m->name);
    json_kv_str(j->json, "deleted", time_rfc3339(j->a, m->deleted_us));
    json_kv_str(j->json, "received", time_rfc3339(j->a, m->internal_date_us));
    json_kv_str(j->json, "from", field(j, header, STR("From")));
    json_kv_str(j->json, "subject", field(j, header, STR("Subject")));
    json_kv_u64(j->json, "size_bytes", m->size);
    json_object_end(j->json);
    if (has_header)
        email_body_close(&view);
}

static enum st list(struct job *j, struct account *acc) SUSPENDS
{
    struct kept_mail *v;
    size_t n;
    bool more;

    TRY(kept_list(acc, &j->filter, j->a, LIST_MOST, &v, &n, &more));
    json_object(j->json);
    json_key(j->json, "deleted");
    json_array(j->json);
    for (size_t i = 0; i < n; i++)
        add_mail(j, acc, &v[i]);
    json_array_end(j->json);
    json_kv_u64(j->json, "messages", n);
    json_kv_bool(j->json, "more", more);
    json_object_end(j->json);
    return ST_OK;
}

static enum st restore(struct job *j, struct account *acc) SUSPENDS
{
    size_t n = 0;

    TRY(kept_restore(acc, &j->filter, &n));
    if (!n)
        return FAIL(ST_NOTFOUND, "no deleted message is like that");
    json_object(j->json);
    json_kv_u64(j->json, "restored", n);
    json_object_end(j->json);
    return ST_OK;
}

static void run(void *arg) SUSPENDS
{
    struct job *j = arg;
    struct account *acc;

    j->st = account_open(j->mail, j->account, &acc);
    if (j->st == ST_OK) {
        j->st = j->restores ? restore(j, acc) : list(j, acc);
        account_close(acc);
    }
    if (j->st != ST_OK)
        j->why = *err_get();
}

/* --- on the core that was asked ------------------------------------------------------------------------------ */

enum st undelete_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args, struct json *out)
{
    struct job j = {.mail = b->mail, .account = account, .a = a, .json = out};

    TRY(parse(&j, args));
    TRY(box_on_core_of(b, account, run, &j));
    if (j.st != ST_OK)
        *err_get() = j.why;
    return j.st;
}

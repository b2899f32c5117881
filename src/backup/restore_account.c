/* One account's mail out of a backup into a server that runs. The server is asked as everybody asks it: commands over the administration socket, letters
 * by IMAP over a pair, where the importer passes over what is there. The backup is only read. */
#include "backup/restore.h"

#include "admin/command.h"
#include "backup/account.h"
#include "backup/tree.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mail/layout.h"
#include "mail/rights.h"
#include "store/extract.h"
#include "transfer/importer.h"
#include "transfer/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct mailbox_found {
    uint32_t id;
    struct mailbox_rec rec;
    struct hot *hots;
    size_t n, cap;
};

struct single {
    const struct admin_restore *r;
    struct arena arena;
    struct chosen c;
    struct account_restored account;
    char work[4000];
    struct extract *extract;
    struct extract_found found;
    struct mailbox_found **mailboxes;
    size_t n_mailboxes, cap_mailboxes;
};

/* --- what it held ----------------------------------------------------------------------------------------------------- */

/* Of an email only what stands before its text for this account; the rest of the record can be made again. */
static bool wants(void *arg, struct str key, struct str value, struct str *out_value, uint64_t *out_blob)
{
    struct rec r = rec_of(value);
    struct hot h;

    (void)arg;
    if (!key.n)
        return false;
    if (key.p[0] == KEY_HOT && hot_get(key, value, &h) == ST_OK)
        *out_blob = h.blob;
    if (key.p[0] == KEY_EMAIL) {
        rec_u8(&r);
        rec_u64(&r);
        rec_str(&r, UINT32_MAX);
        *out_value = r.bad ? value : str_sub(value, 0, value.n - rec_left(&r));
    }
    return key.p[0] == KEY_HOT || key.p[0] == KEY_EMAIL || key.p[0] == KEY_MAILBOX || key.p[0] == KEY_NOTE ||
           key.p[0] == KEY_ACL;
}

static bool is_chosen(struct single *s, struct str name)
{
    struct str only;

    if (!admin_value(s->r->args, "mailbox", &only))
        return true;
    return str_eq(name, only) || (str_ieq(only, STR("INBOX")) && str_eq(name, STR("INBOX"))) ||
           (str_starts(name, only) && name.p[only.n] == '/');
}

static enum st take_mailbox(void *arg, struct str key, struct str value)
{
    struct single *s = arg;
    struct mailbox_found *m = ARENA_NEW(&s->arena, struct mailbox_found);

    if (mailbox_rec_get(arena_str(&s->arena, key), arena_str(&s->arena, value), &m->id, &m->rec) != ST_OK) {
        account_note(&s->account, STR("the record of a mailbox is damaged"));
        return ST_OK;
    }
    if (m->rec.noselect || !is_chosen(s, m->rec.name))
        return ST_OK;
    if (s->n_mailboxes == s->cap_mailboxes) {
        struct mailbox_found **more =
            ARENA_ARRAY(&s->arena, struct mailbox_found *, s->cap_mailboxes = 2 * s->cap_mailboxes + 16);

        if (s->n_mailboxes)
            memcpy(more, s->mailboxes, s->n_mailboxes * sizeof *more);
        s->mailboxes = more;
    }
    s->mailboxes[s->n_mailboxes++] = m;
    return ST_OK;
}

static enum st take_hot(void *arg, struct str key, struct str value)
{
    struct mailbox_found *m = arg;

    if (m->n == m->cap)
        m->hots = mem_resize(m->hots, (m->cap = 2 * m->cap + 64) * sizeof *m->hots);
    if (hot_get(key, value, &m->hots[m->n]) == ST_OK)
        m->n++;
    return ST_OK;
}

static enum st find_mail(struct single *s)
{
    struct extract_source from = {
        .snapshot = NULL, .pool = s->c.dir, .work = s->work, .account = s->account.account.id};
    struct str only;

    from.snapshot =
        backup_path(&s->arena, s->c.dir, s->c.set.name, backup_snapshot_name(&s->arena, s->c.manifest.batch));
    from.until_us = s->c.has_later ? s->c.at_us : 0;
    from.wants = wants;
    if (isatty(STDERR_FILENO) == 1)
        fputs("reading the backup ...\r", stderr); /* what is shown next writes over it */
    TRY(extract_open(&from, &s->extract, &s->found));
    if (s->found.gaps)
        account_note(&s->account, STR("the snapshot of the backup is damaged: mail may be missing"));
    if (s->found.has_gap)
        account_note(&s->account,
                     arena_printf(&s->arena, "the journal behind %.*s is not in the backup: the mail is as of then",
                                  STR_ARGS(time_rfc3339(&s->arena, s->found.time_us))));
    TRY(extract_walk(s->extract, key_letter(&s->arena, KEY_MAILBOX), key_letter(&s->arena, KEY_MAILBOX + 1),
                     take_mailbox, s));
    if (!s->n_mailboxes && admin_value(s->r->args, "mailbox", &only))
        return FAIL(ST_NOTFOUND, "the account has no mailbox \"%.*s\" in the set %.*s", STR_ARGS(str_sub(only, 0, 100)),
                    STR_ARGS(s->c.set.name));
    return ST_OK;
}

static enum st find_letters(struct single *s, struct mailbox_found *m)
{
    struct arena a = ARENA_INIT;
    enum st st = extract_walk(s->extract, key_hot(&a, m->id, 0), key_hot(&a, m->id, UINT32_MAX), take_hot, m);

    arena_fini(&a);
    return st;
}

/* --- letters into the server -------------------------------------------------------------------------------------------- */

static enum st read_letter(struct single *s, struct arena *a, const struct hot *h, struct buf *out)
{
    struct str value, prefix;
    struct rec r;

    buf_clear(out);
    TRY(extract_get(s->extract, a, key_email(a, h->email), &value));
    r = rec_of(value);
    rec_u8(&r);
    rec_u64(&r);
    prefix = rec_str(&r, UINT32_MAX);
    if (r.bad)
        return FAIL(ST_CORRUPT, "its record is damaged");
    buf_add(out, prefix);
    return extract_body(s->extract, h->blob, out);
}

static void name_keywords(struct arena *a, const struct mailbox_rec *m, uint64_t bits, struct letter *l)
{
    struct str *list = ARENA_ARRAY(a, struct str, LETTER_KEYWORDS_MAX);

    for (unsigned i = 0; i < m->n_keywords && i < 64; i++)
        if (bits >> i & 1 && m->keywords[i].n && l->n_keywords < LETTER_KEYWORDS_MAX)
            list[l->n_keywords++] = m->keywords[i];
    l->keywords = list;
}

static enum st put_letter(struct single *s, struct importer *im, const struct mailbox_found *m, const struct hot *h,
                          struct buf *bytes) SUSPENDS
{
    struct letter l = {.mailbox = m->rec.name, .flags = h->flags & HOT_FLAGS};
    struct arena a = ARENA_INIT;
    char where[40];
    enum st st;

    snprintf(where, sizeof where, "uid %u", h->uid);
    st = read_letter(s, &a, h, bytes);
    if (st == ST_CORRUPT || st == ST_NOTFOUND) {
        report_left_out(&im->t->report, m->rec.name, str_z(where), err_get()->text);
        st = ST_OK;
    } else if (st == ST_OK) {
        l.date_s = (int64_t)(h->internal_date_us / 1000000);
        l.bytes = buf_str(bytes);
        name_keywords(&a, &m->rec, h->keywords, &l);
        st = importer_put(im, &l, str_z(where));
    }
    arena_fini(&a);
    return st;
}

/* --- who else may do what with a mailbox --- */

/* As the server knows him now: by the address that he had then. ST_NOTFOUND: he is gone, or his address can't stand in a command. */
static enum st name_who(struct single *s, struct arena *a, const struct acl_entry *e, struct str *out)
{
    struct directory_account who = {.address = STR("anyone")};

    if (e->who)
        TRY(directory_account_by_id(s->account.directory, a, e->who, &who));
    for (size_t i = 0; i < who.address.n; i++)
        if (who.address.p[i] == '"' || who.address.p[i] == '\\' || (unsigned char)who.address.p[i] >= 0x7f)
            return FAIL(ST_NOTFOUND, "its address can't be written");
    *out = arena_printf(a, "\"%s%.*s\"", e->negative ? "-" : "", STR_ARGS(who.address));
    return ST_OK;
}

static enum st put_right(struct single *s, struct importer *im, struct arena *a, struct str mailbox,
                         const struct acl_entry *e) SUSPENDS
{
    struct str who, rights = rights_text(a, e->rights);
    enum st st = name_who(s, a, e, &who);

    if (st == ST_OK)
        st = CLIENT_RUN(&im->t->client, "SETACL %.*s %.*s %.*s", STR_ARGS(mailbox), STR_ARGS(who), STR_ARGS(rights));
    if (st == ST_NOTFOUND || st == ST_DENIED || st == ST_SYNTAX) {
        report_note(&im->t->report, im->mailbox, "somebody who had rights to it is not given them again");
        st = ST_OK;
    }
    return st;
}

/* Only to a mailbox that has to be made again: what was taken back since then stays so. */
static enum st put_rights(struct single *s, struct importer *im, const struct mailbox_found *m) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str value, mailbox, key = key_acl(&a, m->id);
    struct acl *acl = NULL;
    uint32_t id;
    enum st st = ST_OK;

    if (!im->is_refused && !im->head.messages && im->head.uidnext == 1 &&
        extract_get(s->extract, &a, key, &value) == ST_OK && acl_rec_get(key, value, &id, &acl) == ST_OK)
        st = client_mailbox(&a, im->mailbox, &mailbox);
    for (size_t i = 0; st == ST_OK && acl && i < acl->n; i++)
        st = put_right(s, im, &a, mailbox, &acl->e[i]);
    mem_free(acl);
    arena_fini(&a);
    return st;
}

static enum st put_mailbox(struct single *s, struct importer *im, const struct mailbox_found *m) SUSPENDS
{
    struct buf bytes;
    enum st st = importer_make(im, m->rec.name);

    if (st == ST_OK)
        st = put_rights(s, im, m);
    buf_init(&bytes, LIMIT_MESSAGE + (1u << 20));
    for (size_t i = 0; st == ST_OK && i < m->n; i++)
        st = put_letter(s, im, m, &m->hots[i], &bytes);
    buf_fini(&bytes);
    return st;
}

/* --- notes ---------------------------------------------------------------------------------------------------------------- */

struct notes_found {
    struct single *s;
    struct arena *arena;
    struct note_rec *list;
    size_t n, cap;
};

static enum st take_note(void *arg, struct str key, struct str value)
{
    struct notes_found *f = arg;

    if (f->n == f->cap) {
        struct note_rec *more = ARENA_ARRAY(f->arena, struct note_rec, f->cap = 2 * f->cap + 16);

        if (f->n)
            memcpy(more, f->list, f->n * sizeof *more);
        f->list = more;
    }
    if (note_rec_get(arena_str(f->arena, key), arena_str(f->arena, value), &f->list[f->n]) == ST_OK)
        f->n++;
    else
        account_note(&f->s->account, STR("the record of a note is damaged"));
    return ST_OK;
}

/* Of a mailbox, or of the account. Private ones of others, with whom it was shared, stay behind: they are not his. */
static enum st put_notes(struct single *s, struct importer *im, uint32_t id, struct str mailbox) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct notes_found f = {.s = s, .arena = &a};
    enum st st =
        extract_walk(s->extract, key_note(&a, id, 0, STR_NONE), key_note(&a, id + 1, 0, STR_NONE), take_note, &f);

    for (size_t i = 0; st == ST_OK && i < f.n; i++) {
        const struct note_rec *r = &f.list[i];

        if (r->who == NOTE_SHARED || r->who == NOTE_OWN)
            st = importer_note(
                im, mailbox, arena_printf(&a, "%s%.*s", r->who ? "/private" : "/shared", STR_ARGS(r->name)), r->value);
    }
    arena_fini(&a);
    return st;
}

static enum st fill(void *arg, struct importer *im) SUSPENDS
{
    struct single *s = arg;
    struct str only;

    for (size_t i = 0; i < s->account.n_notes; i++)
        report_note(&im->t->report, s->account.address, arena_cstr(&s->arena, s->account.notes[i]));
    for (size_t i = 0; i < s->n_mailboxes; i++)
        im->t->report.total += s->mailboxes[i]->rec.messages;
    for (size_t i = 0; i < s->n_mailboxes; i++) {
        struct mailbox_found *m = s->mailboxes[i];

        TRY(find_letters(s, m));
        TRY(put_mailbox(s, im, m));
        TRY(put_notes(s, im, m->id, m->rec.name));
        mem_free(TAKE(m->hots));
    }
    if (!admin_value(s->r->args, "mailbox", &only))
        TRY(put_notes(s, im, 0, STR("")));
    return ST_OK;
}

static void describe(void *arg, struct json *j)
{
    struct single *s = arg;

    json_kv_str(j, "account", s->account.address);
    json_kv_str(j, "from", s->c.set.name);
    json_kv_str(j, "as_of", time_rfc3339(&s->arena, s->found.time_us));
    json_kv_bool(j, "account_made", s->account.is_made);
    json_kv_u64(j, "aliases_made", s->account.aliases);
    json_kv_u64(j, "app_passwords_not_restored", s->account.app_passwords);
}

/* --- the command -------------------------------------------------------------------------------------------------------- */

static enum st prepare(struct single *s)
{
    const char *tmp = getenv("TMPDIR");

    IGNORE(admin_value(s->r->args, "account", &s->account.address) ? ST_OK : ST_NOTFOUND); /* it is why we are here */
    TRY(chosen_find(&s->arena, s->r->args, &s->c));
    if ((size_t)snprintf(s->work, sizeof s->work, "%s/restante-restore-XXXXXX", tmp && tmp[0] ? tmp : "/tmp") >=
            sizeof s->work ||
        !mkdtemp(s->work)) {
        s->work[0] = 0;
        return FAIL_ERRNO("a directory for what is restored");
    }
    s->account.arena = &s->arena;
    s->account.socket = s->r->socket;
    s->account.chosen = &s->c;
    s->account.work = s->work;
    TRY(account_find(&s->account));
    TRY(find_mail(s));
    return account_have(&s->account);
}

static enum admin_exit complain(enum st st)
{
    fprintf(stderr, "restante: %s\n", err_get()->text[0] ? err_get()->text : st_text(st));
    switch (st) {
    case ST_SYNTAX: return ADMIN_USAGE;
    case ST_DENIED:
    case ST_NOTFOUND:
    case ST_EXISTS:
    case ST_LIMIT: return ADMIN_REFUSED;
    case ST_CORRUPT: return ADMIN_WRONG;
    default: return ADMIN_FAILED;
    }
}

static void fini(struct single *s)
{
    for (size_t i = 0; i < s->n_mailboxes; i++)
        mem_free(s->mailboxes[i]->hots);
    extract_close(s->extract);
    account_fini(&s->account);
    chosen_let_go(&s->c);
    if (s->work[0])
        IGNORE(tree_remove(s->work)); /* it is below the system's own for such things */
    arena_fini(&s->arena);
}

enum admin_exit restore_account(const struct admin_restore *r)
{
    struct single s = {.r = r, .c.lock = -1};
    const struct transfer_source from = {.fill = fill, .verb = "restored", .describe = describe, .arg = &s};
    enum admin_exit e;
    enum st st;
    int fd;

    umask(077);
    log_set_level(LOG_ERROR + 1);
    st = prepare(&s);
    if (st == ST_OK)
        st = account_open_mail(&s.account, &fd);
    e = st == ST_OK ? transfer_put(&from, fd, r->as_json) : complain(st);
    fini(&s);
    return e;
}

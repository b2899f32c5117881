#include "imap/metadata.h"

#include "imap/notify.h"

#include "base/must.h"

/* --- names ---------------------------------------------------------------------------------------------------------- */

/* Section 3.2. */
static enum st check_name(struct str s)
{
    if (s.n > LIMIT_NOTE_NAME)
        return FAIL(ST_LIMIT, "The name of the entry is too long");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '*' || s.p[i] == '%')
            return FAIL(ST_SYNTAX, "A character that the name of an entry can't have");
        if (s.p[i] == '/' && (i + 1 == s.n || s.p[i + 1] == '/'))
            return FAIL(ST_SYNTAX, "A component of the name is empty");
    }
    return ST_OK;
}

static bool take_scope(struct str *io, struct str scope)
{
    if (!str_starts(*io, scope) || (io->n > scope.n && io->p[scope.n] != '/'))
        return false;
    *io = str_from(*io, scope.n);
    return true;
}

enum st imap_lex_entry(struct imap_lexer *lx, struct imap_entry *out)
{
    struct imap_entry e = {0};
    char *p;

    TRY(imap_lex_astring(lx, &e.sent));
    TRY(check_name(e.sent));
    p = arena_alloc(lx->arena, e.sent.n);
    for (size_t i = 0; i < e.sent.n; i++)
        p[i] = ascii_lower(e.sent.p[i]);
    e.name = str_n(p, e.sent.n);
    e.is_private = take_scope(&e.name, STR("/private"));
    if (!e.is_private && !take_scope(&e.name, STR("/shared")))
        return FAIL(ST_SYNTAX, "The name of an entry begins with /private or /shared");
    *out = e;
    return ST_OK;
}

enum st imap_lex_entries(struct imap_lexer *lx, struct metadata_query *q)
{
    struct imap_entry *list = ARENA_ARRAY(lx->arena, struct imap_entry, LIMIT_IMAP_ENTRIES);
    bool in_list = imap_lex_take(lx, '(');

    do {
        if (q->n == LIMIT_IMAP_ENTRIES)
            return FAIL(ST_LIMIT, "Too many entries");
        TRY(imap_lex_entry(lx, &list[q->n++]));
    } while (imap_lex_take(lx, ' '));
    q->entries = list;
    return in_list ? imap_lex_want(lx, ')') : ST_OK;
}

static size_t components(struct str name)
{
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == '/';
    return n;
}

static bool is_below(struct str name, struct str above)
{
    return name.n > above.n && name.p[above.n] == '/' && str_starts(name, above);
}

bool imap_entry_is_whole(const struct imap_entry *e)
{
    bool is_vendor = str_eq(e->name, STR("/vendor")) || is_below(e->name, STR("/vendor"));

    return components(e->name) >= (is_vendor ? 3 : 1);
}

/* --- what there is -------------------------------------------------------------------------------------------------- */

static struct str use_attribute(enum mail_use use)
{
    switch (use) {
#define USE(constant, attribute, reference)                                                                            \
    case constant:                                                                                                     \
        return STR(attribute);
#include "imap/uses.def"
#undef USE
    case MAIL_USE_NONE: break;
    }
    return STR_NONE;
}

#define MADE_MOST 2 /* entries that the server makes */

static size_t made_entries(struct imap_session *s, bool of_server, enum mail_use use, struct note *out)
{
    size_t n = 0;

    if (of_server) {
        out[0] = (struct note){.name = STR("/comment"), .value = s->set->imap_server_comment};
        out[1] = (struct note){.name = STR("/admin"), .value = s->set->admin_contact};
    } else {
        out[0] = (struct note){.name = STR("/specialuse"), .value = use_attribute(use), .is_private = true};
        out[1] = (struct note){0};
    }
    for (size_t i = 0; i < MADE_MOST; i++)
        if (out[i].value.n)
            out[n++] = out[i];
    return n;
}

static enum st load(struct imap_session *s, struct arena *ar, struct str mailbox, enum mail_use use, struct note **out,
                    size_t *out_n) SUSPENDS
{
    struct note made[MADE_MOST], *kept, *all;
    size_t n_made = made_entries(s, !mailbox.n, use, made), n_kept;

    TRY(notes_read(s->account, mailbox, ar, &kept, &n_kept));
    all = ARENA_ARRAY(ar, struct note, n_made + n_kept);
    for (size_t i = 0; i < n_made; i++)
        all[i] = made[i];
    for (size_t i = 0; i < n_kept; i++)
        all[n_made + i] = kept[i];
    *out = all;
    *out_n = n_made + n_kept;
    return ST_OK;
}

enum st imap_metadata_load(struct imap_session *s, struct str mailbox, struct note **out, size_t *out_n)
{
    struct mailbox_info info;

    /* Whether it is there notes_read says; to see others' notes no right to read is needed. */
    if (!mailbox.n || mailbox_status(s->account, &s->cmd_arena, mailbox, &info) != ST_OK)
        info.use = MAIL_USE_NONE;
    return load(s, &s->cmd_arena, mailbox, info.use, out, out_n);
}

enum st imap_metadata_load_listed(struct imap_session *s, struct arena *ar, const struct mailbox_info *box,
                                  struct note **out, size_t *out_n)
{
    return load(s, ar, box->name, box->use, out, out_n);
}

enum st imap_filter_find(void *arg, struct str name, struct str *out)
{
    static const struct str above = STR("/filters/values/");
    struct imap_filter_book *b = arg;

    if (!b->is_read)
        TRY(notes_read(b->s->account, STR(""), &b->s->cmd_arena, &b->notes, &b->n));
    b->is_read = true;
    for (size_t i = 0; i < b->n; i++) {
        const struct note *n = &b->notes[i];

        if (n->is_private && str_starts(n->name, above) && str_ieq(str_from(n->name, above.n), name)) {
            *out = n->value;
            return ST_OK;
        }
    }
    return FAIL(ST_NOTFOUND, "There is no such filter");
}

/* --- telling ---------------------------------------------------------------------------------------------------------- */

struct answer {
    struct imap_session *s;
    struct arena *scratch;
    struct str mailbox;
    bool begun;
};

static void put_name(struct imap_session *s, struct str mailbox) SUSPENDS
{
    imap_put(&s->conn, STR("* METADATA "));
    if (mailbox.n)
        imap_put_mailbox(&s->conn, mailbox);
    else
        imap_put(&s->conn, STR("\"\""));
}

/* A value with NULs is a literal8 (RFC 3516 section 7). */
static void put_value(struct imap_conn *conn, struct str value) SUSPENDS
{
    if (value.p && memchr(value.p, 0, value.n)) {
        imap_put(conn, STR("~"));
        imap_put_literal(conn, value);
    } else {
        imap_put_nstring(conn, value);
    }
}

static void put_entry(struct answer *a, struct str name, struct str value) SUSPENDS
{
    if (!a->begun)
        put_name(a->s, a->mailbox);
    imap_put(&a->s->conn, a->begun ? STR(" ") : STR(" ("));
    a->begun = true;
    imap_put_astring(&a->s->conn, name);
    imap_put(&a->s->conn, STR(" "));
    put_value(&a->s->conn, value);
}

static struct str whole_name(struct arena *a, const struct note *n)
{
    return arena_printf(a, "%s%.*s", n->is_private ? "/private" : "/shared", STR_ARGS(n->name));
}

/* How far a note is below what an entry names; 0: it is the one; UINT32_MAX: it is not of these. */
static uint32_t depth_below(const struct imap_entry *e, const struct note *n)
{
    if (e->is_private != n->is_private)
        return UINT32_MAX;
    if (str_eq(e->name, n->name))
        return 0;
    return is_below(n->name, e->name) ? (uint32_t)components(str_from(n->name, e->name.n)) : UINT32_MAX;
}

static void put_matching(struct answer *a, const struct metadata_query *q, const struct imap_entry *e,
                         const struct note *notes, size_t n, bool *told, uint32_t *longest) SUSPENDS
{
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        uint32_t depth = depth_below(e, &notes[i]);

        if (depth == UINT32_MAX || depth > q->depth)
            continue;
        found = true;
        if (told[i])
            continue;
        told[i] = true;
        if (notes[i].value.n > q->max_size)
            *longest = MAX(*longest, (uint32_t)notes[i].value.n);
        else
            put_entry(a, depth ? whole_name(a->scratch, &notes[i]) : e->sent, notes[i].value);
    }
    if (!found && q->depth == 0)
        put_entry(a, e->sent, STR_NONE);
}

void imap_put_metadata(struct imap_session *s, struct arena *scratch, struct str mailbox,
                       const struct metadata_query *q, const struct note *notes, size_t n, uint32_t *out_longest)
{
    struct answer a = {.s = s, .scratch = scratch, .mailbox = mailbox};
    bool *told = ARENA_ARRAY(scratch, bool, n);

    *out_longest = 0;
    for (size_t i = 0; i < q->n; i++)
        put_matching(&a, q, &q->entries[i], notes, n, told, out_longest);
    if (a.begun)
        imap_put(&s->conn, STR(")\r\n"));
}

/* --- what others change ------------------------------------------------------------------------------------------------ */

void imap_watch_metadata(struct imap_session *s, bool on)
{
    if (on && !s->notes)
        s->notes = note_watch_new(s->account);
    if (!on)
        note_watch_free(TAKE(s->notes));
}

void imap_put_changed_metadata(struct imap_session *s)
{
    struct arena a = ARENA_INIT;
    struct note_told told;

    while (s->notes && note_watch_next(s->notes, &a, &told)) {
        struct note n = {.name = told.name, .is_private = told.is_private};

        if (!imap_notify_wants_note(s, told.mailbox))
            continue;
        put_name(s, told.mailbox);
        imap_put(&s->conn, STR(" "));
        imap_put_astring(&s->conn, whole_name(&a, &n));
        imap_put(&s->conn, STR("\r\n"));
        arena_reset(&a);
    }
    arena_fini(&a);
}

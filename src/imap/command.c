/* From a command's tag to its tagged response (RFC 3501 section 2.2). */
#include "base/activity.h"
#include "base/metrics.h"
#include "base/must.h"
#include "imap/condstore.h"
#include "imap/message_limit.h"
#include "imap/metadata.h"
#include "imap/notify.h"
#include "imap/search_parse.h"

static const struct imap_command rows[] = {
#define LOGIN_CMD(...)
#define CMD(name, handler, states, flags, capability, reference)                                                       \
    {{name, sizeof(name) - 1},          handler, states, flags, {capability, sizeof(capability) - 1},                  \
     {reference, sizeof(reference) - 1}},
#include "imap/commands.def"
#undef CMD
#undef LOGIN_CMD
};

static const struct imap_command *find_command(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(word, rows[i].name))
            return &rows[i];
    return NULL;
}

enum st imap_refuse_numbers(struct imap_cmd *c)
{
    c->code = STR("UIDREQUIRED");
    return FAIL(ST_SYNTAX, "Message numbers are not allowed once UIDONLY is enabled");
}

/* The name, and whether this is a place for it. */
static enum st find_row(struct imap_cmd *c)
{
    struct str word;

    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_word(&c->lx, &word));
    if (str_eq(word, STR("UID"))) {
        TRY(imap_lex_sp(&c->lx));
        TRY(imap_lex_word(&c->lx, &word));
        c->uid = true;
    }
    const struct imap_command *row = find_command(word);

    if (!row || (c->uid && !(row->flags & UID_FORM)) ||
        imap_command_is_withheld(&c->s->withheld, row->capability, row->reference))
        return FAIL(ST_SYNTAX, "Unknown command");
    if (!(row->states & (c->s->view ? IN_SEL : IN_AUTH)))
        return FAIL(ST_SYNTAX, "No mailbox is selected");
    c->row = row;
    c->s->last_command = row->name.p;
    c->s->log.action = row->name.p;
    if (row->flags & NUMBERS && !c->uid && imap_is_enabled(c->s, FEATURE_UIDONLY))
        return imap_refuse_numbers(c);
    return ST_OK;
}

static enum st parse_and_run(struct imap_cmd *c)
{
    TRY(imap_lex_tag(&c->lx, &c->tag));
    if (c->tag.n > IMAP_TAG_MAX) {
        c->tag = STR_NONE;
        return FAIL(ST_SYNTAX, "Tag too long");
    }
    TRY(find_row(c));
    activity_begin(c->s->account_id, c->row->name.p);
    if (c->s->view && !view_may_read(c->s->view) &&
        !(c->row->flags & LEAVES)) /* BYE follows (RFC 4314 section 5.1.1) */
        return FAIL(ST_NOPERM, "The mailbox may not be read any more");
    return c->row->run(c);
}

static const struct reply {
    const char *cond, *code, *text;
} replies[ST_COUNT] = {
#define REPLY(st, cond, code, text) [ST_##st] = {cond, code, text},
#include "imap/replies.def"
#undef REPLY
};

static void put_failure(struct imap_cmd *c, enum st st) SUSPENDS
{
    const struct reply *r = &replies[st];
    struct str tag = c->tag.n ? c->tag : STR("*"), text;
    /* A command that can't be read at all is BAD, whatever the reason. */
    const char *cond = c->row ? r->cond : "BAD";

    must(r->cond != NULL);
    if (c->lx.oversized)
        c->code = STR("TOOBIG"); /* RFC 7888 section 5 */
    text = r->text[0] ? str_z(r->text) : str_z(err_get()->text);
    imap_put_status(&c->s->conn, tag, cond, c->code.n || strcmp(cond, "BAD") == 0 ? c->code : str_z(r->code), text);
    if (st == ST_CORRUPT || st == ST_IO || st == ST_INTERNAL)
        LOG(IMAP_COMMAND_FAILED, lf_z("command", c->s->last_command), lf_err());
    if (strcmp(cond, "BAD") == 0 && ++c->s->errors >= c->s->set->imap_max_errors && !c->s->reason) {
        imap_put(&c->s->conn, STR("* BYE Too many errors\r\n"));
        c->s->reason = "errors";
    }
}

/* A client that wants expunges at any time can't use numbers of messages any more (RFC 5465 section 5.3). */
static bool may_expunge(const struct imap_cmd *c)
{
    const struct imap_notify *n = c->s->notify;

    if (n && n->selected & NOTIFY_EXPUNGE && !n->is_delayed)
        return true;
    return !c->holds && (!(c->row->flags & HOLDS) || c->uid);
}

/* What happened to the mailbox meanwhile, then the tagged response (RFC 3501 7: in this order). */
static enum st finish(struct imap_cmd *c, enum st st) SUSPENDS
{
    struct imap_session *s = c->s;
    struct err kept = *err_get();

    if (c->row && !(c->row->flags & LEAVES)) {
        TRY(imap_send_changes(s, may_expunge(c)));
        TRY(imap_notify_send_others(s));
    }
    if (st == ST_OK)
        imap_tell_message_limit(c);
    imap_tell_modseq(c, st);
    if (st == ST_OK) {
        s->errors = 0;
        if (!c->later)
            imap_put_status(&s->conn, c->tag, "OK", c->code, c->text.n ? c->text : STR("Done"));
        return c->then ? c->then(s) : ST_OK;
    }
    *err_get() = kept;
    put_failure(c, st);
    return ST_OK;
}

enum st imap_command(struct imap_session *s)
{
    struct imap_filter_book book = {.s = s};
    const struct imap_filters filters = {imap_filter_find, &book};
    struct imap_cmd c = {.s = s};
    enum st st;

    s->commands++;
    metric_add(METRIC_COMMANDS_IMAP, 1);
    st = imap_lex_begin(&c.lx, &s->src, &s->cmd_arena);
    c.lx.saved = &s->saved;
    c.lx.filters = &filters;
    s->phase = SESSION_RUNNING;
    if (st == ST_OK)
        st = parse_and_run(&c);
    else if (st == ST_LIMIT && imap_lex_cut_tag(&c.lx, &c.tag) && c.tag.n > IMAP_TAG_MAX)
        c.tag = STR_NONE;
    activity_begin(s->account_id, "changes"); /* no message is to blame from here on */
    TRY(imap_conn_check(&s->conn));
    if (st == ST_EOF && s->reason) /* BYE was said while it ran */
        return st;
    TRY(finish(&c, st));
    if (st == ST_OK || s->reason)
        return imap_conn_check(&s->conn);
    st = imap_lex_skip(&c.lx);
    TRY(imap_conn_check(&s->conn));
    if (st == ST_EOF) {
        imap_put(&s->conn, c.lx.oversized ? STR("* BYE [TOOBIG] Too much was sent with a refused command\r\n")
                                          : STR("* BYE Too much was sent with a refused command\r\n"));
        s->reason = "refused literal";
        return ST_OK;
    }
    return ST_OK; /* a line too long among them was skipped like the others */
}

enum st imap_idle_line(struct imap_session *s)
{
    struct imap_cmd c = {.s = s, .row = find_command(STR("IDLE"))};
    struct str line;
    enum st st;

    st = imap_conn_line(&s->conn, LIMIT_IMAP_LINE, &line);
    if (st == ST_LIMIT)
        TRY(imap_conn_skip_line(&s->conn));
    else
        TRY(st);
    c.tag = arena_str(&s->cmd_arena, str_z(s->idle_tag));
    mem_free(TAKE(s->idle_tag));
    s->in_idle = false;
    if (st == ST_LIMIT || !str_ieq(str_trim(line), STR("DONE")))
        st = FAIL(ST_SYNTAX, "Expected DONE");
    return finish(&c, st);
}

/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 6.3.3 to 6.3.7): one or two names each. */
#include "imap/list.h"
#include "imap/object_id.h"

struct names {
    struct str first, second;
    struct str given; /* `first` as the client wrote it, when it or `second` was not in normal form; else empty */
};

static enum st names_parse(struct imap_lexer *lx, bool two, struct names *out) SUSPENDS
{
    struct names n = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &n.first));
    n.given = lx->denormal;
    if (two) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_mailbox(lx, &n.second));
        if (lx->denormal.n && !n.given.n)
            n.given = n.first;
    }
    TRY(imap_lex_end(lx));
    *out = n;
    return ST_OK;
}

/* A "/" behind a name announces children to come (RFC 3501 6.3.3); every mailbox here may have them. */
static struct str without_slash(struct str name)
{
    if (name.n > 1 && name.p[name.n - 1] == '/')
        name.n--;
    return name;
}

struct create {
    struct str name, given; /* as in struct names */
    unsigned uses;          /* bits, 1 << MAIL_USE_x; MAIL_USE_NONE: one that nobody here knows */
};

static unsigned use_bit(struct str attribute)
{
#define USE(constant, text, reference)                                                                                 \
    if (str_ieq(attribute, str_from(STR(text), 1)))                                                                    \
        return 1u << (constant);
#include "imap/uses.def"
#undef USE
    return 1u << MAIL_USE_NONE;
}

/* "(USE (\Drafts))" (RFC 6154 section 6). Parameters that nobody here knows are BAD (RFC 4466 section 2.2). */
static enum st create_params(struct imap_lexer *lx, unsigned *uses)
{
    struct str attribute;

    TRY(imap_lex_want(lx, '('));
    if (!imap_lex_may(lx, "CREATE-SPECIAL-USE") || !imap_lex_take_word(lx, STR("USE")))
        return FAIL(ST_SYNTAX, "Unknown CREATE parameter");
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_want(lx, '('));
    if (!imap_lex_take(lx, ')')) {
        do {
            TRY(imap_lex_want(lx, '\\'));
            TRY(imap_lex_atom(lx, &attribute));
            *uses |= use_bit(attribute);
        } while (imap_lex_take(lx, ' '));
        TRY(imap_lex_want(lx, ')'));
    }
    return imap_lex_want(lx, ')');
}

static enum st create_parse(struct imap_lexer *lx, struct create *out) SUSPENDS
{
    struct create cr = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &cr.name));
    cr.given = lx->denormal;
    if (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0)
        TRY(create_params(lx, &cr.uses));
    TRY(imap_lex_end(lx));
    *out = cr;
    return ST_OK;
}

/* A mailbox has one use, and none that would have to show what is elsewhere. */
static enum st one_use(unsigned uses, enum mail_use *out)
{
    static const unsigned good = 1u << MAIL_USE_DRAFTS | 1u << MAIL_USE_SENT | 1u << MAIL_USE_JUNK |
                                 1u << MAIL_USE_TRASH | 1u << MAIL_USE_ARCHIVE;

    if (uses & ~good || uses & (uses - 1))
        return FAIL(ST_DENIED, "A mailbox can't have that use");
    *out = uses ? (enum mail_use)__builtin_ctz(uses) : MAIL_USE_NONE;
    return ST_OK;
}

/* What has become of a name that was not in normal form (RFC 9051 section 6.3.9.7). */
static void tell_normal(struct imap_cmd *c, struct str attributes, struct str name, struct str given) SUSPENDS
{
    if (given.n && imap_is_rev2(c->s))
        imap_put_list_line(c->s, attributes, name, given);
}

/* RFC 8474 section 4.1: who makes a mailbox is told its id. */
static enum st tell_id(struct imap_cmd *c, struct str name) SUSPENDS
{
    struct arena *a = &c->s->cmd_arena;
    struct mailbox_info info;

    if (imap_is_withheld(&c->s->withheld, STR("OBJECTID")))
        return ST_OK;
    if (mailbox_status(c->s->account, a, name, &info) == ST_OK) /* else somebody has taken it away again */
        c->code = imap_mailbox_object_code(a, &info);
    return ST_OK;
}

enum st cmd_create(struct imap_cmd *c)
{
    struct create cr;
    enum mail_use use;
    enum st st;

    TRY(create_parse(&c->lx, &cr));
    st = one_use(cr.uses, &use);
    if (st == ST_OK)
        st = mailbox_create(c->s->account, without_slash(cr.name), use);
    if (st == ST_DENIED)
        c->code = STR("USEATTR"); /* RFC 6154 section 3 */
    if (st == ST_SYNTAX)          /* the command was fine, the name is not */
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    TRY(st);
    tell_normal(c, STR_NONE, without_slash(cr.name), cr.given);
    return tell_id(c, without_slash(cr.name));
}

enum st cmd_delete(struct imap_cmd *c)
{
    struct mailbox_info info;
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, false, &n));
    st = mailbox_delete(c->s->account, n.first);
    if (st == ST_DENIED && mailbox_status(c->s->account, &c->s->cmd_arena, n.first, &info) == ST_OK && info.noselect) {
        c->code = STR("HASCHILDREN"); /* RFC 9051 section 6.3.5 */
        return FAIL(ST_DENIED, "It has others below it");
    }
    TRY(st);
    tell_normal(c, STR("\\NonExistent"), n.first, n.given);
    return ST_OK;
}

enum st cmd_rename(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, true, &n));
    st = mailbox_rename(c->s->account, n.first, without_slash(n.second));
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    TRY(st);
    tell_normal(c, STR_NONE, without_slash(n.second), n.given);
    return ST_OK;
}

enum st cmd_subscribe(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, false, &n));
    st = mailbox_subscribe(c->s->account, n.first, true);
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}

enum st cmd_unsubscribe(struct imap_cmd *c)
{
    struct names n;
    enum st st;

    TRY(names_parse(&c->lx, false, &n));
    st = mailbox_subscribe(c->s->account, n.first, false);
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}

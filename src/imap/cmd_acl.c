/* Access control lists (RFC 4314 section 3). Who may what, and what an identifier is, the mail room knows. */
#include "imap/session.h"
#include "mail/shared.h"
#include "sasl/prep.h"

struct acl_args {
    struct str mailbox, who, rights;
};

/* Section 3: identifiers are prepared first, and one that can't be is BAD. */
static enum st prepare(struct arena *a, struct str *who)
{
    bool negative = str_starts(*who, STR("-"));
    struct str name;

    if (sasl_prep(a, negative ? str_from(*who, 1) : *who, false, &name) != ST_OK || !name.n)
        return FAIL(ST_SYNTAX, "That can't be an identifier");
    *who = arena_printf(a, "%s%.*s", negative ? "-" : "", STR_ARGS(name));
    return ST_OK;
}

static enum st acl_parse(struct imap_lexer *lx, unsigned words, struct acl_args *out) SUSPENDS
{
    struct acl_args a = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &a.mailbox));
    if (words > 1) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_astring(lx, &a.who));
    }
    if (words > 2) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_astring(lx, &a.rights));
    }
    TRY(imap_lex_end(lx));
    if (words > 1)
        TRY(prepare(lx->arena, &a.who));
    *out = a;
    return ST_OK;
}

static void put_head(struct imap_cmd *c, struct str word, struct str mailbox) SUSPENDS
{
    imap_put(&c->s->conn, word);
    imap_put_mailbox(&c->s->conn, mailbox);
}

static void put_words(struct imap_cmd *c, struct str s) SUSPENDS
{
    imap_put(&c->s->conn, STR(" "));
    imap_put_astring(&c->s->conn, s);
}

/* A name without rights of any kind is told like one that is not there (section 6). */
enum st cmd_setacl(struct imap_cmd *c)
{
    enum rights_how how;
    struct acl_args a;
    uint32_t rights;

    TRY(acl_parse(&c->lx, 3, &a));
    TRY(rights_change_read(a.rights, &how, &rights));
    return mailbox_acl_set(c->s->account, a.mailbox, a.who, how, rights);
}

enum st cmd_deleteacl(struct imap_cmd *c)
{
    struct acl_args a;

    TRY(acl_parse(&c->lx, 2, &a));
    return mailbox_acl_delete(c->s->account, a.mailbox, a.who);
}

enum st cmd_getacl(struct imap_cmd *c)
{
    struct arena *ar = &c->s->cmd_arena;
    struct acl_line *lines;
    struct acl_args a;
    size_t n;

    TRY(acl_parse(&c->lx, 1, &a));
    TRY(mailbox_acl(c->s->account, ar, a.mailbox, &lines, &n));
    put_head(c, STR("* ACL "), a.mailbox);
    for (size_t i = 0; i < n; i++) {
        put_words(c, lines[i].who);
        put_words(c, rights_text(ar, lines[i].rights));
    }
    imap_put(&c->s->conn, STR("\r\n"));
    return ST_OK;
}

/* Section 3.7: what the identifier has in any case, then what can be given, each by itself. The owner has everything in any case;
 * his identifier is told back as it came. */
enum st cmd_listrights(struct imap_cmd *c)
{
    struct acl_args a;
    bool is_owner;

    TRY(acl_parse(&c->lx, 2, &a));
    TRY(mailbox_acl_may(c->s->account, a.mailbox, a.who, &is_owner));
    put_head(c, STR("* LISTRIGHTS "), a.mailbox);
    put_words(c, a.who);
    imap_put(&c->s->conn, is_owner ? STR(" lrswipkxtecda\r\n") : STR(" \"\" l r s w i p k x t e c d a\r\n"));
    return ST_OK;
}

void imap_put_myrights(struct imap_session *s, struct str mailbox, uint32_t rights)
{
    imap_put(&s->conn, STR("* MYRIGHTS "));
    imap_put_mailbox(&s->conn, mailbox);
    imap_put(&s->conn, STR(" "));
    imap_put_astring(&s->conn, rights_text(&s->cmd_arena, rights));
    imap_put(&s->conn, STR("\r\n"));
}

enum st cmd_myrights(struct imap_cmd *c)
{
    struct acl_args a;
    uint32_t rights;

    TRY(acl_parse(&c->lx, 1, &a));
    TRY(mailbox_my_rights(c->s->account, a.mailbox, &rights));
    imap_put_myrights(c->s, a.mailbox, rights);
    return ST_OK;
}

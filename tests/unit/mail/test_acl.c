/* Access control lists: what they give, who may change them, and what there is at most. */
#include "help.h"

#include "mail/acl.c"

static struct str text_of(struct world *w, struct account *a, const char *mailbox)
{
    struct acl_line *lines;
    struct str out;
    struct buf b;
    size_t n;

    CHECK_ST(mailbox_acl(a, &w->arena, str_z(mailbox), &lines, &n), ST_OK);
    buf_init(&b, 4096);
    for (size_t i = 1; i < n; i++)
        buf_addf(&b, "%s%.*s=%.*s", i > 1 ? " " : "", STR_ARGS(lines[i].who),
                 STR_ARGS(rights_text(&w->arena, lines[i].rights)));
    out = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return out;
}

static enum st set(struct account *a, const char *who, enum rights_how how, uint32_t rights)
{
    return mailbox_acl_set(a, STR("INBOX"), str_z(who), how, rights);
}

static void body_changes(struct world *w)
{
    struct account *a = open_account(w, 7);

    CHECK_ST(set(a, "u8", RIGHTS_SET, RIGHT_LOOKUP | RIGHT_READ), ST_OK);
    CHECK_ST(set(a, "u9", RIGHTS_ADD, RIGHT_LOOKUP), ST_OK);
    CHECK_ST(set(a, "-u8", RIGHTS_SET, RIGHT_READ), ST_OK);
    CHECK_STR(text_of(w, a, "inbox"), STR("u8=lr u9=l -u8=r"));
    CHECK_ST(set(a, "u8", RIGHTS_REMOVE, RIGHT_READ), ST_OK);
    CHECK_ST(set(a, "u9", RIGHTS_REMOVE, RIGHTS_ALL), ST_OK);
    CHECK_STR(text_of(w, a, "INBOX"), STR("u8=l -u8=r"));
    CHECK_ST(mailbox_acl_delete(a, STR("INBOX"), STR("u8")), ST_OK);
    CHECK_ST(mailbox_acl_delete(a, STR("INBOX"), STR("u12")), ST_OK);
    CHECK_STR(text_of(w, a, "INBOX"), STR("-u8=r"));
    CHECK_ST(mailbox_acl_delete(a, STR("INBOX"), STR("-u8")), ST_OK);
    CHECK(!a->inbox->acl);
    CHECK_ST(set(a, "u7", RIGHTS_SET, 0), ST_DENIED);
    CHECK_ST(set(a, "nobody", RIGHTS_SET, 0), ST_FOREIGN);
    CHECK_ST(mailbox_acl_set(a, STR("None"), STR("u8"), RIGHTS_SET, 0), ST_NOTFOUND);
    account_close(a);
}
TEST(acl_is_changed)
{
    in_world(1, body_changes);
}

static void body_limit(struct world *w)
{
    struct account *a = open_account(w, 7);
    unsigned n = 0;

    while (n <= LIMIT_MAIL_ACL && set(a, arena_cstr(&w->arena, name_of(w, 100)), RIGHTS_SET, RIGHT_LOOKUP) == ST_OK &&
           set(a, arena_cstr(&w->arena, arena_printf(&w->arena, "-u%u", 1000 + n)), RIGHTS_SET, RIGHT_READ) == ST_OK)
        n++;
    CHECK_U64(n, LIMIT_MAIL_ACL - 1);
    CHECK_U64(a->inbox->acl->n, LIMIT_MAIL_ACL);
    account_close(a);
}
TEST(acl_has_a_limit)
{
    in_world(1, body_limit);
}

/* A commit that fails leaves the list as it is, in memory and in the store. */
static void body_fails(struct world *w)
{
    struct account *a = open_account(w, 7);

    CHECK_ST(set(a, "u8", RIGHTS_SET, RIGHT_LOOKUP), ST_OK);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(set(a, "u8", RIGHTS_SET, RIGHTS_ALL), ST_NOSPACE);
    CHECK_STR(text_of(w, a, "INBOX"), STR("u8=l"));
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_STR(text_of(w, a, "INBOX"), STR("u8=l"));
    account_close(a);
}
TEST(acl_change_that_fails)
{
    in_world(1, body_fails);
}

TEST(acl_gives)
{
    struct mail_core core = {.rules.anyone = ANYONE_DOMAIN};
    struct account owner = {.core = &core, .id = 1, .rec.domain = 5};
    struct acl *acl = mem_new(sizeof *acl + 4 * sizeof *acl->e);
    struct guest same = {8, 5}, other = {9, 6}, nowhere = {10, 0};

    acl->n = 4;
    acl->e[0] = (struct acl_entry){.who = 0, .rights = RIGHT_LOOKUP | RIGHT_READ};
    acl->e[1] = (struct acl_entry){.who = 8, .rights = RIGHT_WRITE};
    acl->e[2] = (struct acl_entry){.who = 8, .negative = true, .rights = RIGHT_READ};
    acl->e[3] = (struct acl_entry){.who = 9, .rights = RIGHT_POST};
    CHECK_U64(acl_rights(acl, &owner, &same), RIGHT_LOOKUP | RIGHT_WRITE);
    CHECK_U64(acl_rights(acl, &owner, &other), RIGHT_POST);
    CHECK_U64(acl_rights(acl, &owner, &nowhere), 0);
    CHECK_U64(acl_rights(NULL, &owner, &same), 0);
    core.rules.anyone = ANYONE_SERVER;
    CHECK_U64(acl_rights(acl, &owner, &other), RIGHT_LOOKUP | RIGHT_READ | RIGHT_POST);
    core.rules.anyone = ANYONE_NOBODY;
    CHECK_U64(acl_rights(acl, &owner, &same), RIGHT_WRITE);
    owner.rec.domain = 0; /* not heard of yet: no domain is that */
    core.rules.anyone = ANYONE_DOMAIN;
    CHECK_U64(acl_rights(acl, &owner, &nowhere), 0);
    mem_free(acl);
}

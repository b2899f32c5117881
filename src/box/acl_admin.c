#include "box/acl_admin.h"

#include "mail/shared.h"

struct job {
    struct arena *a; /* the asking coroutine waits: it is ours meanwhile */
    const struct admin_args *args;
    struct json *json;
};

/* --- on the account's core: what its owner may do ------------------------------------------------------------- */

static enum st list_one(struct job *j, struct account *acc, struct str mailbox, bool is_named) SUSPENDS
{
    struct acl_line *lines;
    size_t n;

    TRY(mailbox_acl(acc, j->a, mailbox, &lines, &n));
    for (size_t i = is_named ? 0 : 1; i < n; i++) { /* of all, the owner's own line says nothing */
        json_object(j->json);
        json_kv_str(j->json, "mailbox", mailbox);
        json_kv_str(j->json, "identifier", lines[i].who);
        json_kv_str(j->json, "rights", rights_text(j->a, lines[i].rights));
        json_object_end(j->json);
    }
    return ST_OK;
}

static enum st list(struct job *j, struct account *acc) SUSPENDS
{
    struct mailbox_info *boxes;
    size_t n;

    TRY(mailbox_list(acc, j->a, &boxes, &n));
    json_object(j->json);
    json_kv_bool(j->json, "public", account_is_public(acc));
    json_key(j->json, "entries");
    json_array(j->json);
    if (j->args->n > 1)
        TRY(list_one(j, acc, j->args->args[1], true));
    for (size_t i = 0; j->args->n < 2 && i < n; i++)
        TRY(list_one(j, acc, boxes[i].name, false));
    json_array_end(j->json);
    json_object_end(j->json);
    return ST_OK;
}

static enum st set(struct job *j, struct account *acc) SUSPENDS
{
    enum rights_how how;
    uint32_t rights;

    TRY(rights_change_read(j->args->args[3], &how, &rights));
    return mailbox_acl_set(acc, j->args->args[1], j->args->args[2], how, rights);
}

static enum st set_public(struct job *j, struct account *acc) SUSPENDS
{
    struct str word = j->args->args[1];

    if (!str_eq(word, STR("on")) && !str_eq(word, STR("off")))
        return FAIL(ST_SYNTAX, "on or off, not \"%.*s\"", (int)MIN(word.n, 40), word.p);
    return account_set_public(acc, str_eq(word, STR("on")));
}

static enum st run(struct account *acc, void *arg) SUSPENDS
{
    struct job *j = arg;

    switch (j->args->command->id) {
    case ADMIN_CMD_acl_list: return list(j, acc);
    case ADMIN_CMD_acl_set: return set(j, acc);
    case ADMIN_CMD_acl_remove: return mailbox_acl_delete(acc, j->args->args[1], j->args->args[2]);
    default: return set_public(j, acc);
    }
}

enum st acl_admin_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args, struct json *out)
{
    struct job j = {.a = a, .args = args, .json = out};

    TRY(mail_visit(b->mail, account, run, &j));
    if (args->command->id != ADMIN_CMD_acl_list) {
        json_object(out);
        json_object_end(out);
    }
    return ST_OK;
}

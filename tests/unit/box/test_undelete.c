/* The command that lists and brings back what was deleted. */
#include "rig.h"

#include "box/undelete.c"

static struct buf out;

static enum st undelete(const char *line)
{
    struct str rest = str_z(line), words[20], part;
    struct admin_args args;
    struct json json;
    size_t n = 0;

    while (str_split(&rest, ' ', &part))
        words[n++] = part;
    buf_fini(&out);
    buf_init(&out, 1 << 20);
    json_init(&json, &out);
    TRY(admin_parse(&rig.a, words, n, &args));
    return undelete_run(&rig.box, ALICE, &rig.a, &args, &json);
}

static bool says(const char *text)
{
    return str_search(buf_str(&out), str_z(text)) < out.n;
}

static void there_and_back(void)
{
    const struct delivery_rcpt rcpts[] = {{.account = ALICE}, {.account = ALICE}};
    struct delivery d = {.mail = letter(rig.w, "=?utf-8?q?Gr=C3=BC=C3=9Fe?="), .rcpts = rcpts, .n_rcpts = 2};
    struct account *a;
    struct view *v;

    rig.box.cores = &rig.core;
    rig.box.mail = rig.w->mail;
    rig.core.core = core_here();
    mail_set_rules(rig.w->mail, &(struct mail_rules){.keep_s = 100});
    CHECK_ST(mail_deliver(rig.w->mail, &d), ST_OK);
    a = open_account(rig.w, ALICE);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(1, 2), true), ST_OK);
    CHECK_ST(undelete("undelete alice@example.test"), ST_OK);
    CHECK(says("\"id\":\"1-1\"") && says("\"id\":\"1-2\"") &&
          says("\"subject\":\"Gr\xc3\xbc\xc3\x9f"
               "e\""));
    CHECK(says("\"from\":\"a@example.test\"") && says("\"messages\":2,\"more\":false"));
    CHECK_ST(undelete("undelete alice@example.test --list 1-2"), ST_OK);
    CHECK(says("\"messages\":1"));
    CHECK_ST(undelete("undelete alice@example.test 1-2"), ST_OK);
    CHECK(says("{\"restored\":1}"));
    CHECK_ST(undelete("undelete alice@example.test 1-2"), ST_NOTFOUND);
    CHECK_ST(undelete("undelete alice@example.test --all --mailbox inbox --since 1h --search body"), ST_OK);
    CHECK_ST(undelete("undelete alice@example.test --all"), ST_NOTFOUND);
    CHECK_ST(undelete("undelete alice@example.test 12"), ST_SYNTAX);
    CHECK_ST(undelete("undelete alice@example.test 1-2-3"), ST_SYNTAX);
    CHECK_ST(undelete("undelete alice@example.test --since yesterday"), ST_SYNTAX);
    CHECK_U64(view_count(v), 2);
    view_close(v);
    account_close(a);
    buf_fini(&out);
}

TEST(undelete_lists_and_restores)
{
    rig_run(there_and_back);
}

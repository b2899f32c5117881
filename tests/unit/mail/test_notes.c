#include "help.h"

#include "mail/notes.c"

static enum st write_one(struct account *a, const char *mailbox, bool is_private, const char *name, struct str value,
                         const struct note_watch *by)
{
    const struct note n = {.name = str_z(name), .value = value, .is_private = is_private};

    return notes_write(a, str_z(mailbox), &(struct notes_change){.notes = &n, .n = 1}, by);
}

/* "s/comment=x p/comment=y" */
static struct str notes(struct world *w, struct account *a, const char *mailbox)
{
    struct note *list = NULL;
    struct buf b;
    struct str s;
    size_t n = 0;

    buf_init(&b, 65536);
    CHECK_ST(notes_read(a, str_z(mailbox), &w->arena, &list, &n), ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(list[i].value.p != NULL);
        buf_addf(&b, "%s%c%.*s=%.*s", i ? " " : "", list[i].is_private ? 'p' : 's', STR_ARGS(list[i].name),
                 STR_ARGS(list[i].value));
    }
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void body_kept(struct world *w)
{
    struct account *a = open_account(w, 7);

    CHECK_ST(mailbox_create(a, STR("x"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(write_one(a, "x", true, "/comment", STR("mine"), NULL), ST_OK);
    CHECK_ST(write_one(a, "x", false, "/comment", STR("ours"), NULL), ST_OK);
    CHECK_ST(write_one(a, "x", false, "/empty", STR(""), NULL), ST_OK);
    CHECK_ST(write_one(a, "", true, "/comment", STR("the account's"), NULL), ST_OK);
    CHECK_ST(write_one(a, "y", true, "/comment", STR("x"), NULL), ST_NOTFOUND);
    CHECK_STR(notes(w, a, "x"), STR("s/comment=ours s/empty= p/comment=mine"));
    CHECK_STR(notes(w, a, "inbox"), STR(""));
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_STR(notes(w, a, "x"), STR("s/comment=ours s/empty= p/comment=mine"));
    CHECK_STR(notes(w, a, ""), STR("p/comment=the account's"));
    CHECK_ST(write_one(a, "x", false, "/comment", STR_NONE, NULL), ST_OK);
    CHECK_ST(write_one(a, "x", false, "/comment", STR_NONE, NULL), ST_OK);
    CHECK_STR(notes(w, a, "x"), STR("s/empty= p/comment=mine"));
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(write_one(a, "x", true, "/comment", STR("other"), NULL), ST_NOSPACE);
    CHECK_STR(notes(w, a, "x"), STR("s/empty= p/comment=mine"));
    account_close(a);
}
TEST(notes_are_kept)
{
    in_world(1, body_kept);
}

/* They follow the mailbox and not its name. */
static void body_mailboxes(struct world *w)
{
    struct account *a = open_account(w, 7);

    CHECK_ST(mailbox_create(a, STR("x"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_create(a, STR("x/y"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(write_one(a, "x", true, "/a", STR("1"), NULL), ST_OK);
    CHECK_ST(write_one(a, "x/y", true, "/a", STR("2"), NULL), ST_OK);
    CHECK_ST(write_one(a, "INBOX", true, "/a", STR("3"), NULL), ST_OK);
    CHECK_ST(mailbox_rename(a, STR("x"), STR("z")), ST_OK);
    CHECK_STR(notes(w, a, "z"), STR("p/a=1"));
    CHECK_STR(notes(w, a, "z/y"), STR("p/a=2"));
    CHECK_ST(mailbox_delete(a, STR("z")), ST_OK); /* is only a name now */
    CHECK_STR(notes(w, a, "z"), STR(""));
    CHECK_ST(write_one(a, "z", false, "/of-a-name", STR("4"), NULL), ST_OK);
    CHECK_ST(mailbox_create(a, STR("z"), MAIL_USE_NONE), ST_OK);
    CHECK_STR(notes(w, a, "z"), STR(""));
    CHECK_ST(mailbox_delete(a, STR("z/y")), ST_OK);
    CHECK_ST(mailbox_create(a, STR("z/y"), MAIL_USE_NONE), ST_OK);
    CHECK_STR(notes(w, a, "z/y"), STR(""));
    CHECK_ST(mailbox_rename(a, STR("INBOX"), STR("old")), ST_OK);
    CHECK_STR(notes(w, a, "old"), STR("p/a=3"));
    CHECK_STR(notes(w, a, "INBOX"), STR("p/a=3"));
    account_close(a);
}
TEST(notes_go_with_mailboxes)
{
    in_world(1, body_mailboxes);
}

static void body_limits(struct world *w)
{
    struct account *a = open_account(w, 7);
    char *large = mem_new(LIMIT_NOTE), name[30];
    struct note *list = NULL;
    size_t n = 0;

    memset(large, 'x', LIMIT_NOTE);
    for (unsigned i = 0; i < LIMIT_NOTES_MAILBOX; i++) {
        snprintf(name, sizeof name, "/n%u", i);
        CHECK_ST(write_one(a, "Sent", i & 1, name, STR("v"), NULL), ST_OK);
    }
    CHECK_ST(write_one(a, "Sent", true, "/more", STR("v"), NULL), ST_LIMIT);
    CHECK_ST(write_one(a, "Sent", false, "/n0", STR("w"), NULL), ST_OK); /* replaces one */
    CHECK_ST(write_one(a, "Trash", true, "/more", STR("v"), NULL), ST_OK);
    CHECK_ST(write_one(a, "Sent", false, "/n0", STR_NONE, NULL), ST_OK);
    CHECK_ST(write_one(a, "Sent", true, "/more", STR("v"), NULL), ST_OK);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "/l%u", i);
        CHECK_ST(write_one(a, "Junk", false, name, str_n(large, LIMIT_NOTE), NULL),
                 (i + 1) * (LIMIT_NOTE + 70) < LIMIT_NOTES_ACCOUNT - 20000 ? ST_OK : ST_LIMIT);
    }
    CHECK_ST(write_one(a, "Trash", true, "/more", STR("w"), NULL), ST_OK);
    CHECK_ST(write_one(a, "INBOX", true, "/l", str_n(large, LIMIT_NOTE), NULL), ST_LIMIT);
    CHECK_ST(notes_read(a, STR("Junk"), &w->arena, &list, &n), ST_OK);
    CHECK_U64(n, 15);
    CHECK_ST(mailbox_delete(a, STR("Junk")), ST_OK);
    CHECK_ST(write_one(a, "INBOX", true, "/l", str_n(large, LIMIT_NOTE), NULL), ST_OK);
    mem_free(large);
    account_close(a);
}
TEST(limits)
{
    in_world(1, body_limits);
}

static void body_use(struct world *w)
{
    struct account *a = open_account(w, 7);
    const struct note n = {.name = STR("/comment"), .value = STR("x"), .is_private = true};
    struct notes_change change = {.notes = &n, .n = 1, .sets_use = true, .use = MAIL_USE_SENT};
    struct mailbox_info info;

    CHECK_ST(notes_write(a, STR("Archive"), &change, NULL), ST_DENIED);
    CHECK_STR(notes(w, a, "Archive"), STR(""));
    change.use = MAIL_USE_ALL;
    CHECK_ST(notes_write(a, STR("INBOX"), &change, NULL), ST_DENIED);
    change.use = MAIL_USE_NONE;
    CHECK_ST(notes_write(a, STR("INBOX"), &change, NULL), ST_OK);
    CHECK_ST(notes_write(a, STR("Sent"), &change, NULL), ST_OK);
    change.use = MAIL_USE_SENT;
    CHECK_ST(notes_write(a, STR("Archive"), &change, NULL), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("Archive"), &info), ST_OK);
    CHECK(info.use == MAIL_USE_SENT);
    CHECK_STR(notes(w, a, "Archive"), STR("p/comment=x"));
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_ST(mailbox_status(a, &w->arena, STR("Archive"), &info), ST_OK);
    CHECK(info.use == MAIL_USE_SENT);
    account_close(a);
}
TEST(special_use)
{
    in_world(1, body_use);
}

struct writer {
    struct account *a;
    char name[20];
    enum st st;
};

static void write_it(void *arg)
{
    struct writer *wr = arg;

    wr->st = write_one(wr->a, "INBOX", true, wr->name, STR("v"), NULL);
}

/* Many at a time pass the limit no more than one. */
static void body_together(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct writer wr[8];
    struct together t[8];
    struct note *list = NULL;
    unsigned went = 0;
    size_t n = 0;

    for (unsigned i = 0; i < LIMIT_NOTES_MAILBOX - 3; i++) {
        char name[20];

        snprintf(name, sizeof name, "/n%u", i);
        CHECK_ST(write_one(a, "INBOX", true, name, STR("v"), NULL), ST_OK);
    }
    for (unsigned i = 0; i < 8; i++) {
        wr[i] = (struct writer){.a = a};
        snprintf(wr[i].name, sizeof wr[i].name, "/w%u", i);
        t[i] = (struct together){.fn = write_it, .arg = &wr[i]};
    }
    all_together(w, t, 8);
    for (unsigned i = 0; i < 8; i++)
        went += wr[i].st == ST_OK;
    CHECK_U64(went, 3);
    CHECK_ST(notes_read(a, STR("INBOX"), &w->arena, &list, &n), ST_OK);
    CHECK_U64(n, LIMIT_NOTES_MAILBOX);
    account_close(a);
}
TEST(one_writer_at_a_time)
{
    in_world(1, body_together);
}

static void count_call(void *arg)
{
    ++*(unsigned *)arg;
}

static struct str told(struct world *w, struct note_watch *watch)
{
    struct note_told t;
    struct buf b;
    struct str s;

    buf_init(&b, 65536);
    while (note_watch_next(watch, &w->arena, &t))
        buf_addf(&b, "[%.*s]%c%.*s", STR_ARGS(t.mailbox), t.is_private ? 'p' : 's', STR_ARGS(t.name));
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void body_watches(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct note_watch *one = note_watch_new(a), *two = note_watch_new(a);
    unsigned calls = 0;
    char name[30];

    note_watch_on_change(two, count_call, &calls);
    CHECK_ST(write_one(a, "INBOX", true, "/a", STR("1"), one), ST_OK);
    CHECK_U64(calls, 1);
    CHECK_ST(write_one(a, "INBOX", true, "/a", STR("2"), one), ST_OK);
    CHECK_ST(write_one(a, "", true, "/b", STR("1"), NULL), ST_OK);
    CHECK_U64(calls, 1);
    CHECK(note_watch_has_more(two));
    CHECK_STR(told(w, two), STR("[INBOX]p/a[]p/b"));
    CHECK_STR(told(w, one), STR("[]p/b"));
    CHECK(!note_watch_has_more(two));
    /* under the name that it has by then, if it is there still */
    CHECK_ST(write_one(a, "Sent", false, "/c", STR("1"), NULL), ST_OK);
    CHECK_ST(write_one(a, "Junk", false, "/c", STR("1"), NULL), ST_OK);
    CHECK_ST(mailbox_rename(a, STR("Sent"), STR("Gone")), ST_OK);
    CHECK_ST(mailbox_delete(a, STR("Junk")), ST_OK);
    CHECK_STR(told(w, two), STR("[Gone]s/c"));
    note_watch_free(two);
    for (unsigned i = 0; i < LIMIT_NOTES_TOLD + 5; i++) {
        snprintf(name, sizeof name, "/n%u", i);
        CHECK_ST(write_one(a, "INBOX", true, name, STR_NONE, NULL), ST_OK);
    }
    CHECK_U64(one->n, LIMIT_NOTES_TOLD);
    note_watch_free(one);
    note_watch_free(NULL);
    account_close(a);
}
TEST(others_are_told)
{
    in_world(1, body_watches);
}

static enum st share_a(struct account *owner, void *arg)
{
    CHECK_ST(mailbox_create(owner, STR("a"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_create(owner, STR("b"), MAIL_USE_NONE), ST_OK);
    return mailbox_acl_set(owner, STR("a"), *(const struct str *)arg, RIGHTS_SET,
                           RIGHT_LOOKUP | RIGHT_READ | RIGHT_WRITE);
}

struct renaming {
    struct account *a;
    const char *from, *to;
    enum st st;
};

static void rename_it(void *arg)
{
    struct renaming *r = arg;

    r->st = mailbox_rename(r->a, str_z(r->from), str_z(r->to));
}

struct guests_note {
    struct account *a;
    const char *mailbox;
    enum st st;
};

static void write_theirs(void *arg)
{
    struct guests_note *g = arg;

    g->st = write_one(g->a, g->mailbox, false, "/comment", STR("mine"), NULL);
}

/* While "a" is on its way to the name of another mailbox: the right is to one mailbox, and what is written is in that one. */
static void body_renamed_meanwhile(struct world *w)
{
    uint64_t owner = id_on(w, 0, 600), guest = id_on(w, 0, 700);
    struct account *o = open_account(w, owner), *g = open_account(w, guest);
    struct str who = name_of(w, guest);
    struct renaming away = {o, "b", "c", ST_OK}, there = {o, "a", "b", ST_OK};
    struct guests_note n = {
        .a = g,
        .mailbox = arena_cstr(&w->arena, arena_printf(&w->arena, "Other Users/u%llu/b", (unsigned long long)owner))};
    struct together t[3] = {
        {.fn = rename_it, .arg = &away}, {.fn = rename_it, .arg = &there}, {.fn = write_theirs, .arg = &n}};

    CHECK_ST(share_a(o, &who), ST_OK);
    CHECK_ST(write_one(g, n.mailbox, false, "/comment", STR("x"), NULL), ST_NOTFOUND);
    all_together(w, t, 3);
    CHECK_ST(away.st, ST_OK);
    CHECK_ST(there.st, ST_OK);
    CHECK_ST(n.st, ST_OK);
    CHECK_STR(notes(w, o, "b"), STR("s/comment=mine"));
    CHECK_STR(notes(w, o, "c"), STR(""));
    account_close(o);
    account_close(g);
}
TEST(a_right_is_to_a_mailbox_and_not_to_its_name)
{
    in_world(1, body_renamed_meanwhile);
}

/* One guest does not take what is for all of them. */
static void body_greedy(struct world *w)
{
    uint64_t owner = id_on(w, 0, 600), guest = id_on(w, 0, 700);
    struct account *o = open_account(w, owner), *g = open_account(w, guest);
    const char *there =
        arena_cstr(&w->arena, arena_printf(&w->arena, "Other Users/u%llu/a", (unsigned long long)owner));
    struct str who = name_of(w, guest), big = {arena_alloc(&w->arena, LIMIT_NOTE), LIMIT_NOTE};

    memset((char *)big.p, 'x', big.n);
    CHECK_ST(share_a(o, &who), ST_OK);
    CHECK_ST(write_one(g, there, true, "/one", big, NULL), ST_OK);
    CHECK_ST(write_one(g, there, true, "/two", big, NULL), ST_LIMIT);
    CHECK_ST(write_one(g, there, true, "/two", STR("x"), NULL), ST_OK);
    CHECK_ST(write_one(g, there, true, "/one", STR_NONE, NULL), ST_OK);
    CHECK_ST(write_one(g, there, true, "/two", big, NULL), ST_OK);
    account_close(o);
    account_close(g);
}
TEST(one_guest_leaves_room_to_others)
{
    in_world(1, body_greedy);
}

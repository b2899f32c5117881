/* A client that does as it is told has the result that it would get by searching anew. */
#define AT_ONCE 40u /* so that changes come in pieces */

#include "world.h"

#include "imap/context.c"

#define MOST 2000

/* What the client makes of it: a list of uids. */
struct client {
    const char *tag;
    bool sorted;
    uint32_t uid[MOST];
    size_t n;
};

static uint32_t take_number(struct str *rest)
{
    uint32_t n = 0;

    while (rest->n && ascii_is_digit(rest->p[0])) {
        n = n * 10 + (uint32_t)(rest->p[0] - '0');
        *rest = str_from(*rest, 1);
    }
    return n;
}

static void client_one(struct client *c, bool add, size_t *at, uint32_t uid)
{
    size_t i = *at;

    if (!c->sorted) {
        for (i = 0; i < c->n && c->uid[i] < uid; i++)
            ;
    }
    if (add) {
        CHECK(i <= c->n && c->n < MOST);
        memmove(c->uid + i + 1, c->uid + i, (c->n++ - i) * sizeof *c->uid);
        c->uid[i] = uid;
        ++*at;
    } else {
        CHECK(i < c->n && c->uid[i] == uid);
        memmove(c->uid + i, c->uid + i + 1, (--c->n - i) * sizeof *c->uid);
    }
}

static void client_set(struct client *c, bool add, size_t position, struct str *rest)
{
    size_t at = position - 1;

    CHECK(c->sorted == (position > 0));
    do {
        uint32_t lo = take_number(rest), hi = lo;

        if (rest->n && rest->p[0] == ':') {
            *rest = str_from(*rest, 1);
            hi = take_number(rest);
        }
        for (uint32_t uid = lo; uid <= hi; uid++)
            client_one(c, add, &at, uid);
    } while (rest->n && rest->p[0] == ',' && (*rest = str_from(*rest, 1), true));
}

static void client_line(struct client *c, struct arena *a, struct str line)
{
    struct str head = arena_printf(a, "* ESEARCH (TAG \"%s\") UID ", c->tag);
    struct str rest = str_from(line, head.n);
    bool add = str_starts(rest, STR("ADDTO ("));

    if (!str_starts(line, head))
        return;
    CHECK(add || str_starts(rest, STR("REMOVEFROM (")));
    rest = str_from(rest, str_find(rest, '('));
    while (rest.n && rest.p[0] != ')') {
        size_t position;

        rest = str_from(rest, 1);
        position = take_number(&rest);
        rest = str_from(rest, 1);
        client_set(c, add, position, &rest);
    }
}

static void client_hears(struct client *c, struct arena *a, struct str all)
{
    struct str line;

    while (str_split(&all, '\n', &line))
        client_line(c, a, line);
}

static struct str client_prints(const struct client *c, struct arena *a)
{
    struct buf b;
    struct str out;

    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < c->n; i++)
        buf_addf(&b, " %u", c->uid[i]);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static void check_same(struct door *d, const struct client *c, const char *command)
{
    struct arena *a = &d->chat.arena;
    struct str got = chat_say(&d->chat, arena_cstr(a, arena_printf(a, "z %s\r\n", command)));
    struct str had = client_prints(c, a);
    struct str want = arena_printf(a, "* %s%.*s\nz OK Done\n", c->sorted ? "SORT" : "SEARCH", STR_ARGS(had));

    CHECK_STR(got, want);
}

static void deliver_some(struct world *w, unsigned n, uint64_t *random)
{
    char text[64];

    for (unsigned i = 0; i < n; i++) {
        *random = *random * 6364136223846793005u + 1442695040888963407u;
        snprintf(text, sizeof text, "Subject: %c%c\n\n%.*s\n", (char)('a' + (*random >> 40) % 26),
                 (char)('a' + (*random >> 50) % 26), (int)((*random >> 60) % 16), "xxxxxxxxxxxxxxxxxxxxx");
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, text), ST_OK);
    }
}

static struct client clients[4];

/* What the first session is told by its own commands counts too. */
static void say(struct door *d, struct str command)
{
    struct str heard = chat_say(&d->chat, arena_cstr(&d->chat.arena, command));

    for (size_t i = 0; d->session->contexts && i < ARRAY_LEN(clients); i++)
        client_hears(&clients[i], &d->chat.arena, heard);
}

static void random_change(struct world *w, struct door *d, uint64_t *random)
{
    struct arena *a = &d->chat.arena;
    unsigned what, lo, hi;

    *random = *random * 6364136223846793005u + 1442695040888963407u;
    what = (unsigned)(*random >> 60);
    lo = (unsigned)(*random >> 33) % 300 + 1;
    hi = lo + (unsigned)(*random >> 45) % (what % 2 ? 3 : 60);
    if (what < 4) {
        deliver_some(w, what == 0 ? 60 : what, random);
    } else if (what < 10) {
        const char *flag = what % 3 ? "\\Seen" : "\\Flagged";

        say(d, arena_printf(a, "s UID STORE %u:%u %cFLAGS.SILENT %s\r\n", lo, hi, *random & 1 << 20 ? '+' : '-', flag));
    } else if (what < 14) {
        say(d, arena_printf(a, "s UID STORE %u:%u FLAGS.SILENT ()\r\n", lo, hi));
    } else {
        hi = MIN(hi, lo + 5);
        say(d, arena_printf(a, "s UID STORE %u:%u +FLAGS.SILENT \\Deleted\r\n", lo, hi));
        say(d, STR("s EXPUNGE\r\n"));
    }
}

static void body_follows(struct world *w)
{
    struct client *c = clients;
    struct door d, other;
    uint64_t random = 42;

    c[0] = (struct client){.tag = "u0"};
    c[1] = (struct client){.tag = "u1", .sorted = true};
    c[2] = (struct client){.tag = "u2", .sorted = true};
    c[3] = (struct client){.tag = "u3"};
    door_open(w, &d, "");
    door_open(w, &other, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    chat_say(&other.chat, "a SELECT INBOX\r\n");
    chat_say(&d.chat, "u0 UID SEARCH RETURN (UPDATE) UNSEEN\r\n");
    chat_say(&d.chat, "u1 UID SORT RETURN (UPDATE) (SUBJECT REVERSE SIZE) UTF-8 UNFLAGGED\r\n");
    chat_say(&d.chat, "u2 UID SORT RETURN (UPDATE) (REVERSE SIZE) UTF-8 ALL\r\n");
    chat_say(&d.chat, "u3 UID SEARCH RETURN (UPDATE) OR UID * UID 20:30\r\n");
    for (int step = 0; step < 150; step++) {
        random_change(w, step % 3 ? &other : &d, &random);
        if (step % 4)
            random_change(w, &other, &random);
        say(&d, STR("n NOOP\r\n"));
        check_same(&d, &c[0], "UID SEARCH UNSEEN");
        check_same(&d, &c[1], "UID SORT (SUBJECT REVERSE SIZE) UTF-8 UNFLAGGED");
        check_same(&d, &c[2], "UID SORT (REVERSE SIZE) UTF-8 ALL");
        check_same(&d, &c[3], "UID SEARCH OR UID * UID 20:30");
        if (!test_ok)
            break;
    }
    door_close(&other);
    door_close(&d);
}
TEST(clients_can_follow)
{
    in_world(1, body_follows);
}

static void body_gone(struct world *w)
{
    struct door d, other;

    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "Subject: b\n\nx\n"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "Subject: c\n\nx\n"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "Subject: d\n\nx\n"), ST_OK);
    door_open(w, &d, "");
    door_open(w, &other, "");
    chat_say(&d.chat, "a EXAMINE INBOX\r\n");
    chat_say(&d.chat, "u1 UID SORT RETURN (UPDATE) (SUBJECT) UTF-8 ALL\r\n");
    chat_say(&other.chat, "a SELECT INBOX\r\n");
    chat_say(&other.chat, "a STORE 2 +FLAGS.SILENT \\Deleted\r\n");
    chat_say(&other.chat, "a EXPUNGE\r\n");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "Subject: a\n\nx\n"), ST_OK);
    SAY(&d, "f FETCH 1 (UID)",
        "* 1 FETCH (UID 1)\n* 4 EXISTS\n* 4 RECENT\n"
        "* ESEARCH (TAG \"u1\") UID ADDTO (1 4)\nf OK Done");
    SAY(&d, "n NOOP", "* ESEARCH (TAG \"u1\") UID REMOVEFROM (3 2)\n* 2 EXPUNGE\nn OK Done");
    door_close(&other);
    door_close(&d);
}
TEST(a_new_one_is_not_compared_with_what_is_gone)
{
    in_world(1, body_gone);
}

static void body_given_up(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    SAY(&d, "u1 SEARCH RETURN (UPDATE) ALL", "* ESEARCH (TAG \"u1\")\nu1 OK Done");
    CHECK(d.session->contexts != NULL);
    d.session->contexts->failed = true;
    CHECK(imap_context_has(d.session, STR("u1")));
    SAY(&d, "c1 CANCELUPDATE \"u1\"", "c1 OK Done");
    CHECK(d.session->contexts == NULL);
    SAY(&d, "u1 SEARCH RETURN (UPDATE) ALL", "* ESEARCH (TAG \"u1\")\nu1 OK Done");
    SAY(&d, "a UNSELECT", "a OK Done");
    CHECK(d.session->contexts == NULL);
    CHECK_U64(all_bytes, 0);
    door_close(&d);
}
TEST(they_end)
{
    in_world(1, body_given_up);
}

/* What others hold counts too. */
static void body_full(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    all_bytes = LIMIT_IMAP_CONTEXTS_BYTES;
    SAY(&d, "u1 SEARCH RETURN (UPDATE) ALL",
        "* ESEARCH (TAG \"u1\")\n* NO [NOUPDATE \"u1\"] Too many searches are kept up to date\nu1 OK Done");
    CHECK_U64(all_bytes, LIMIT_IMAP_CONTEXTS_BYTES);
    all_bytes = 0;
    SAY(&d, "u2 SEARCH RETURN (UPDATE) ALL", "* ESEARCH (TAG \"u2\")\nu2 OK Done");
    CHECK(all_bytes > 0);
    door_close(&d);
    CHECK_U64(all_bytes, 0);
}
TEST(all_sessions_together_have_so_much)
{
    in_world(1, body_full);
}

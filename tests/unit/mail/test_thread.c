/* THREAD (RFC 5256 section 3), shown as the response is. */
#include "mail/thread.c"

#include "help.h"

static void show(struct buf *b, const struct thread_node *nodes, uint32_t at)
{
    buf_addc(b, '(');
    if (nodes[at].seq)
        buf_addf(b, "%u", nodes[at].seq);
    for (uint32_t kid = nodes[at].first; kid; kid = nodes[kid].next) {
        CHECK_U64(nodes[kid].parent, at);
        show(b, nodes, kid);
    }
    buf_addc(b, ')');
}

static struct str run_thread(struct world *w, struct view *v, enum thread_by by)
{
    struct thread_forest *forest = NULL;
    const struct thread_node *nodes;
    uint32_t seqs[32], n = view_count(v);
    struct buf b;
    struct str s;

    for (uint32_t i = 0; i < n; i++)
        seqs[i] = i + 1;
    CHECK_ST(view_thread(v, by, seqs, n, &forest), ST_OK);
    nodes = thread_forest_nodes(forest);
    buf_init(&b, 1000);
    for (uint32_t top = nodes[0].first; top; top = nodes[top].next)
        show(&b, nodes, top);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    thread_forest_free(forest);
    return s;
}

static void check(struct world *w, const char *const *subjects, size_t n, const char *by_subject, const char *by_refs)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    for (size_t i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, subjects[i]), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_STR(run_thread(w, v, THREAD_ORDEREDSUBJECT), str_z(by_subject));
    CHECK_STR(run_thread(w, v, THREAD_REFERENCES), str_z(by_refs));
    view_close(v);
    account_close(a);
}

#define ID(n) "\r\nMessage-ID: <" n "@x>"
#define REFS(list) "\r\nReferences: " list

static void body_replies(struct world *w)
{
    static const char *const subjects[] = {
        "a" ID("1"),
        "Re: a" ID("2") REFS("<1@x>"),
        "Re: a" ID("3") REFS("<1@x>"),
        "Re: a" ID("4") REFS("<1@x> <2@x>"),
        "b" ID("5") "\r\nIn-Reply-To: <gone@x> <1@x>",
        "c" ID("6") REFS("<gone@x>"),
        "d" ID("7") REFS("<deep@x> <deeper@x> <7@x>"),
        "e",
    };

    check(w, subjects, ARRAY_LEN(subjects), "(1(2)(3)(4))(5)(6)(7)(8)", "(1(2(4))(3))((5)(6))(7)(8)");
}
TEST(replies_are_below)
{
    in_world(1, body_replies);
}

static void body_subjects(struct world *w)
{
    static const char *const subjects[] = {"Re: one" ID("1"),
                                           "one" ID("2"),
                                           "two",
                                           "two",
                                           "Re: three",
                                           "Fwd: three",
                                           "",
                                           "",
                                           "f" REFS("<g@x>"),
                                           "g" REFS("<g@x>"),
                                           "f" REFS("<h@x>"),
                                           "h" REFS("<h@x>"),
                                           "Re: f"};

    check(w, subjects, ARRAY_LEN(subjects), "(1(2))(3(4))(5(6))(7(8))(9(11)(13))(10)(12)",
          "(2(1))((3)(4))((5)(6))(7)(8)((9)(10)(11)(12)(13))");
}
TEST(threads_of_one_subject)
{
    in_world(1, body_subjects);
}

/* Threads by what came last; no subject counts. */
static void body_refs(struct world *w)
{
    static const char *const subjects[] = {
        "a" ID("1"),
        "b" ID("2"),
        "b" ID("3"),
        "Re: a" ID("4") REFS("<1@x>"),
        "Re: a" ID("5") REFS("<1@x>"),
        "c" ID("6") REFS("<gone@x>"),
        "d" ID("7") REFS("<alone@x>"),
        "d" ID("8") REFS("<gone@x>"),
    };
    struct account *a = open_account(w, 7);
    struct view *v;

    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, subjects[i]), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_STR(run_thread(w, v, THREAD_REFS), STR("(2)(3)(1(4)(5))(7)((6)(8))"));
    view_close(v);
    account_close(a);
}
TEST(threads_by_references_alone)
{
    in_world(1, body_refs);
}

static void body_nothing(struct world *w)
{
    check(w, NULL, 0, "", "");
}
TEST(no_messages)
{
    in_world(1, body_nothing);
}

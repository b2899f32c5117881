/* SEARCH: each key, and that cheap ones decide first. */
#define SLICE_US 0 /* each message is a slice */

#include "help.h"

#include "mail/search.c"

#define KEY(...) (&(struct search_key){__VA_ARGS__})
#define KIDS(...)                                                                                                      \
    .kids = (struct search_key *[]){__VA_ARGS__}, .n_kids = ARRAY_LEN(((struct search_key *[]){__VA_ARGS__}))

static struct str run_search(struct world *w, struct view *v, const struct search_key *key)
{
    uint32_t *seqs = NULL;
    struct buf b;
    struct str s;
    size_t n = 0;

    buf_init(&b, 4096);
    CHECK_ST(view_search(v, key, &w->arena, &seqs, &n), ST_OK);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s%u", i ? " " : "", seqs[i]);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void body_keys(struct world *w)
{
    struct account *a = open_account(w, 7);
    int64_t sent = days_from_civil(2026, 11, 23);
    struct str word = STR("$Work");
    struct view *v;
    uint64_t size;

    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "apple"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "banana"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "cherry"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(add_flags(v, uids(2, 2), MAIL_SEEN), ST_OK);
    CHECK_ST(view_store(v, uids(3, 3), &(struct flag_change){.how = FLAGS_ADD, .keywords = &word, .n_keywords = 1}),
             ST_OK);
    size = letter(w, "apple").bytes.n + STR("Return-Path: <a@example.test>\r\n").n;
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_ALL)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_FLAG, .num = MAIL_SEEN)), STR("2"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_NOT, KIDS(KEY(.what = SEARCH_FLAG, .num = MAIL_SEEN)))), STR("1 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_KEYWORD, .text = STR("$work"))), STR("3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_KEYWORD, .text = STR("none"))), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SEQ, .set = uids(2, 9))), STR("2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_UID, .set = uids(1, 1))), STR("1"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_RECENT)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_LARGER, .num = size)), STR("2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SMALLER, .num = size + 1)), STR("1"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SINCE, .num = clock_wall_s() / 86400 + 2)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_BEFORE, .num = clock_wall_s() / 86400 + 2)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_YOUNGER, .num = 3600)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SAVEDSINCE, .num = clock_wall_s() / 86400 - 1)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SAVEDBEFORE, .num = clock_wall_s() / 86400 - 1)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SAVEDON, .num = 0)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_EMAIL, .num = 1)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_OLDER, .num = 3600)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_YOUNGER, .num = UINT32_MAX)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SENTON, .num = (uint64_t)sent)), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SENTBEFORE, .num = (uint64_t)sent)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_SENTSINCE, .num = (uint64_t)sent + 1)), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_HEADER, .name = STR("subject"), .text = STR("BANANA"))), STR("2"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_HEADER, .name = STR("Return-Path"), .text = STR(""))), STR("1 2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_HEADER, .name = STR("X-None"), .text = STR(""))), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_BODY, .text = STR("of cherry"))), STR("3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_BODY, .text = STR("Subject:"))), STR(""));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_TEXT, .text = STR("return-path"))), STR("1 2 3"));
    CHECK_STR(run_search(w, v,
                         KEY(.what = SEARCH_OR, KIDS(KEY(.what = SEARCH_BODY, .text = STR("apple")),
                                                     KEY(.what = SEARCH_FLAG, .num = MAIL_SEEN)))),
              STR("1 2"));
    CHECK_STR(run_search(w, v,
                         KEY(.what = SEARCH_AND, KIDS(KEY(.what = SEARCH_BODY, .text = STR("body")),
                                                      KEY(.what = SEARCH_UID, .set = uids(2, 3))))),
              STR("2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_MODSEQ, .num = 5)), STR("2 3"));
    CHECK_STR(run_search(w, v,
                         KEY(.what = SEARCH_AND,
                             KIDS(KEY(.what = SEARCH_HEADER, .name = STR("Return-Path"), .text = STR("a@example")),
                                  KEY(.what = SEARCH_HEADER, .name = STR("From"), .text = STR("A@EXAMPLE")),
                                  KEY(.what = SEARCH_HEADER, .name = STR("Subject"), .text = STR("erry"))))),
              STR("3"));
    /* A message whose bytes are damaged does not match; when a cheap key decides, nobody notices. */
    w->store->blobs[0].bytes.n--;
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_BODY, .text = STR("body"))), STR("2 3"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_HEADER, .name = STR("Subject"), .text = STR("apple"))), STR("1"));
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_HEADER, .name = STR("To"), .text = STR("apple"))), STR(""));
    CHECK_STR(run_search(w, v,
                         KEY(.what = SEARCH_OR, KIDS(KEY(.what = SEARCH_BODY, .text = STR("body")),
                                                     KEY(.what = SEARCH_UID, .set = uids(1, 1))))),
              STR("1 2 3"));
    view_close(v);
    account_close(a);
}
TEST(search_keys)
{
    in_world(1, body_keys);
}

/* Whether the record answers or the header has to be read, the answer is that of the header. */
static void body_odd_headers(struct world *w)
{
    static const char *const subjects[] = {
        "one\r\nSubject: two",
        "=?utf-8?q?on?=\r\n =?utf-8?q?e?= \xc3\xa4",
        "none\r\nTo: friends: one@x.test (two), three@x.test;",
        "\"o\\ne\"\r\nCc: \"One, Two\" <three@x.test>",
        "",
        "Re: ONE\r\nX-Two: three",
    };
    static const struct str fields[] = {STR("Subject"), STR("to"), STR("CC"), STR("Bcc"), STR("X-Two"), STR("Date")};
    static const struct str needles[] = {STR(""),      STR("one"), STR("two"),     STR("three"), STR("\xc3\x84"),
                                         STR("o\\ne"), STR("2"),   STR("one, tw"), STR("@x"),    STR("(two)")};
    struct account *a = open_account(w, 7);
    struct view *v;

    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, subjects[i]), ST_OK);
    v = open_view(a, "INBOX");
    for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
        for (size_t k = 0; k < ARRAY_LEN(needles); k++) {
            struct mime_needle needle;
            struct buf want;

            mime_needle_init(&needle, &w->arena, needles[k]);
            buf_init(&want, 100);
            for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
                if (mime_search_header(&needle, letter(w, subjects[i]).bytes, fields[f]))
                    buf_addf(&want, "%s%zu", want.n ? " " : "", i + 1);
            CHECK_STR(run_search(w, v, KEY(.what = SEARCH_HEADER, .name = fields[f], .text = needles[k])),
                      buf_str(&want));
            buf_fini(&want);
        }
    }
    view_close(v);
    account_close(a);
}
TEST(odd_headers)
{
    in_world(1, body_odd_headers);
}

struct counting {
    struct view_watcher watcher;
    unsigned calls;
    uint64_t last;
};

static void count_progress(const struct view_watcher *w, uint64_t done, uint64_t of)
{
    struct counting *c = CONTAINER_OF(w, struct counting, watcher);

    CHECK(done >= c->last && done < of);
    CHECK_U64(of, 5);
    c->last = done;
    c->calls++;
}

static void body_progress(struct world *w)
{
    struct counting c = {.watcher.progress = count_progress};
    struct account *a = open_account(w, 7);
    struct view *v;

    for (int i = 0; i < 5; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "Subject: x\n\nletter"), ST_OK);
    v = open_view(a, "INBOX");
    view_on_progress(v, &c.watcher);
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_BODY, .text = STR("letter"))), STR("1 2 3 4 5"));
    CHECK(c.calls >= 4);
    view_on_progress(v, NULL);
    c.last = 9;
    CHECK_STR(run_search(w, v, KEY(.what = SEARCH_BODY, .text = STR("letter"))), STR("1 2 3 4 5"));
    view_close(v);
    account_close(a);
}
TEST(progress_is_told)
{
    in_world(1, body_progress);
}

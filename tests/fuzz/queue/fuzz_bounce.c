/* Any bytes as a notice from a stranger, and as a letter that a notice of ours is about: what is read are views into it and within bounds, what is written is whole lines
 * of text. */
#include "base/must.h"
#include "queue/bounce.h"
#include "queue/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_view(struct str in, struct str v)
{
    must(!v.n || (v.p >= in.p && v.p + v.n <= in.p + in.n && !memchr(v.p, '\n', v.n)));
}

static void read_it(struct str in)
{
    struct arena a = ARENA_INIT;
    struct bounce b;

    bounce_read(&a, in, &b);
    must(b.n_rcpts <= BOUNCE_RCPTS_MAX && b.n_marks <= BOUNCE_MARKS_MAX && (!b.is_report || b.n_rcpts));
    for (size_t i = 0; i < b.n_rcpts; i++) {
        must(b.rcpts[i].address.n);
        check_view(in, b.rcpts[i].address);
        check_view(in, b.rcpts[i].status);
    }
    for (size_t i = 0; i < b.n_marks; i++) {
        check_view(in, b.marks[i].text);
        check_view(in, b.marks[i].about);
    }
    arena_fini(&a);
}

/* The first bytes are what a server said, too. */
static void write_it(struct str in, bool is_wide, enum config_language language)
{
    const struct queue_attr utf8 = {STR("SMTPUTF8"), STR("")};
    const struct queue_rcpt r = {.address = is_wide ? STR("b\303\274@there.test") : STR("b@there.test")};
    const struct dsn_rcpt v = {
        .rcpt = &r, .action = DSN_FAILED, .is_remote = true, .answer = str_sub(in, 0, 200), .host = str_sub(in, 0, 20)};
    const struct queue_entry e = {
        .account = 1, .reverse_path = STR("a@here.test"), .attrs = &utf8, .n_attrs = 1, .rcpts = &r, .n_rcpts = 1};
    struct dsn d = {.host_name = STR("mail.here.test"),
                    .language = dsn_language(&e, in, language),
                    .full_max = 1000,
                    .entry = &e,
                    .rcpts = &v,
                    .n_rcpts = 1,
                    .letter = in};
    struct buf b;
    struct str head;

    buf_init(&b, 1u << 24);
    dsn_build(&d, &b);
    must(!b.over);
    head = str_sub(buf_str(&b), 0, str_search(buf_str(&b), STR("\r\n\r\n")));
    must(str_is_ascii(head) && str_starts(head, STR("Date: ")));
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);

    read_it(in);
    write_it(in, false, LANGUAGE_EN);
    write_it(in, true, LANGUAGE_ZH);
    return 0;
}

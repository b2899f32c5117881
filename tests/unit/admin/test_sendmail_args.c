#include "test.h"

#include "../../../src/admin/sendmail_args.c"

struct arg_case {
    const char *line; /* words with | between; the first is the program's name */
    enum st st;
    enum sendmail_mode mode;
    const char *sender; /* NULL: none */
    unsigned rcpts;
    bool from_header, keep_dots;
};

static const struct arg_case cases[] = {
    {"sendmail|root", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, false},
    {"sendmail|-t|-i", ST_OK, SENDMAIL_DELIVER, NULL, 0, true, true},
    {"sendmail|-ti", ST_OK, SENDMAIL_DELIVER, NULL, 0, true, true},
    {"sendmail|-toi", ST_OK, SENDMAIL_DELIVER, NULL, 0, true, true},
    {"sendmail|-FCronDaemon|-i|-B8BITMIME|-oem|root", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, true},
    {"sendmail|-f|a@b|-F|A B|x|y", ST_OK, SENDMAIL_DELIVER, "a@b", 2, false, false},
    {"sendmail|-fa@b|x", ST_OK, SENDMAIL_DELIVER, "a@b", 1, false, false},
    {"sendmail|-ra@b|x", ST_OK, SENDMAIL_DELIVER, "a@b", 1, false, false},
    {"sendmail|-f||x", ST_OK, SENDMAIL_DELIVER, "", 1, false, false},
    {"sendmail|-f|<>|x", ST_OK, SENDMAIL_DELIVER, "", 1, false, false},
    {"sendmail|-bm|x", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, false},
    {"sendmail|-bs", ST_OK, SENDMAIL_SPEAK, NULL, 0, false, false},
    {"sendmail|-bp", ST_OK, SENDMAIL_LIST, NULL, 0, false, false},
    {"mailq", ST_OK, SENDMAIL_LIST, NULL, 0, false, false},
    {"sendmail|-bi", ST_OK, SENDMAIL_NOTHING, NULL, 0, false, false},
    {"sendmail|-q", ST_OK, SENDMAIL_RUN_QUEUE, NULL, 0, false, false},
    {"sendmail|-q30m|x", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, false},
    {"sendmail|-O|IgnoreDots=true|x", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, true},
    {"sendmail|-odq|-oi|-om|-v|-n|-m|-G|-Ac|-hX|-X|file|-L|tag|x", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, true},
    {"sendmail|-i|--|-x@y|-t", ST_OK, SENDMAIL_DELIVER, NULL, 2, false, true},
    {"sendmail|x|-i", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, true},
    {"sendmail|-", ST_OK, SENDMAIL_DELIVER, NULL, 1, false, false},
    {"sendmail|-bd", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-bt", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-b", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-f", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-Z", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|--config", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|--else|x", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-N|never,failure|x", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-N||x", ST_SYNTAX, 0, NULL, 0, false, false},
    {"sendmail|-R|half|x", ST_SYNTAX, 0, NULL, 0, false, false},
};

static void check(const char *line, bool ok)
{
    if (!ok)
        printf("# %s\n", line);
    CHECK(ok);
}

static int split(char *line, char **argv)
{
    int n = 0;

    for (char *at = line; at;) {
        argv[n++] = at;
        at = strchr(at, '|');
        if (at)
            *at++ = '\0';
    }
    return n;
}

TEST(options_are_taken_as_programs_write_them)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct arg_case *k = &cases[i];
        struct arena a = ARENA_INIT;
        struct sendmail_args args;
        char line[200], *argv[40];
        int argc;

        snprintf(line, sizeof line, "%s", k->line);
        argc = split(line, argv);
        check(k->line, sendmail_parse(&a, argv[0], argc, argv, &args) == k->st);
        if (k->st == ST_OK) {
            check(k->line, args.mode == k->mode && args.n_rcpts == k->rcpts);
            check(k->line, args.from_header == k->from_header && args.keep_dots == k->keep_dots);
            check(k->line, args.has_sender == (k->sender != NULL));
            check(k->line, !k->sender || str_eq(args.sender, str_z(k->sender)));
        }
        arena_fini(&a);
    }
}

TEST(what_dsn_has_is_kept)
{
    char *argv[] = {(char *)"sendmail", (char *)"-N", (char *)"success,delay", (char *)"-Rheaders", (char *)"-V",
                    (char *)"id",       (char *)"x"};
    struct arena a = ARENA_INIT;
    struct sendmail_args args;

    CHECK_ST(sendmail_parse(&a, argv[0], ARRAY_LEN(argv), argv, &args), ST_OK);
    CHECK_STR(args.notify, STR("success,delay"));
    CHECK_STR(args.ret, STR("HDRS"));
    CHECK_STR(args.envelope_id, STR("id"));
    arena_fini(&a);
}

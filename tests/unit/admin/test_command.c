#include "admin/command.c"

#include "base/arena.h"
#include "test.h"

static struct arena arena;

static enum st parse(const char *line, struct admin_args *out)
{
    struct str rest = str_z(line), *words = ARENA_ARRAY(&arena, struct str, 100), part;
    size_t n = 0;

    while (str_split(&rest, ' ', &part))
        words[n++] = part;
    return admin_parse(&arena, words, n, out);
}

TEST(words_are_taken_apart_by_their_row)
{
    struct admin_args a;
    struct str v;

    CHECK_ST(parse("account add x@y --name=A --quota 5M --random", &a), ST_OK);
    CHECK(a.command->id == ADMIN_CMD_account_add && a.n == 1);
    CHECK_STR(a.args[0], STR("x@y"));
    CHECK(admin_value(&a, "name", &v) && str_eq(v, STR("A")));
    CHECK(admin_value(&a, "quota", &v) && str_eq(v, STR("5M")));
    CHECK(admin_has(&a, "random") && !admin_has(&a, "json"));
    CHECK_ST(parse("status --json", &a), ST_OK);
    CHECK_ST(parse("domain add -- --odd", &a), ST_OK);
    CHECK_STR(a.args[0], STR("--odd"));
    CHECK_ST(parse("alias remove a@b c@d e@f", &a), ST_OK);
    CHECK_U64(a.n, 3);
    CHECK_ST(parse("account list --quota 1", &a), ST_SYNTAX);
    CHECK_ST(parse("account add x@y --quota", &a), ST_SYNTAX);
    CHECK_ST(parse("account add x@y --random=yes", &a), ST_SYNTAX);
    CHECK_ST(parse("account add", &a), ST_SYNTAX);
    CHECK(strstr(err_get()->text, "account add ADDRESS [--name TEXT]") != NULL);
    CHECK_ST(parse("account", &a), ST_SYNTAX);
    CHECK_ST(parse("", &a), ST_SYNTAX);
    CHECK_ST(parse("account add a b", &a), ST_SYNTAX);
    CHECK_ST(parse("status now", &a), ST_SYNTAX);
    arena_fini(&arena);
}

TEST(words_that_are_no_command_are_told_with_what_was_meant)
{
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"acount list", "there is no command \"acount\": did you mean account?"},
        {"QUEUE list", "there is no command \"QUEUE\": did you mean queue?"},
        {"dom", "there is no command \"dom\": did you mean domain?"},
        {"chekc-config", "there is no command \"chekc-config\": did you mean check-config?"},
        {"x", "there is no command \"x\"; restante help lists them"},
        {"", "there is no command \"\"; restante help lists them"},
        {"account lst", "there is no command \"account lst\": did you mean account list?"},
        {"queue relase 1", "there is no command \"queue relase\": did you mean queue release?"},
        {"alias fly", "there is no command \"alias fly\"; there are add, list, show, check, disable, enable, remove"},
        {"queue", "queue what? list, show, stats, retry, hold, release, route, drop"},
        {"domain --json", "domain what? add, list, show, set, remove"},
    };
    struct admin_args a;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_ST(parse(cases[i].line, &a), ST_SYNTAX);
        CHECK_STR(str_z(err_get()->text), str_z(cases[i].text));
    }
    CHECK(admin_noun_has_verbs(STR("store")) && !admin_noun_has_verbs(STR("status")) && !admin_noun_has_verbs(STR("")));
    arena_fini(&arena);
}

TEST(every_row_is_complete_and_found_by_its_words)
{
    size_t n, n_options;
    const struct admin_command *c = admin_commands(&n);

    (void)admin_options(&n_options);
    CHECK(n_options > 0);
    for (size_t i = 0; i < n; i++) {
        struct str words[2] = {str_z(c[i].noun), str_z(c[i].verb)}, list = str_z(c[i].options), part;

        CHECK(admin_find(words, c[i].verb[0] ? 2 : 1) == &c[i]);
        CHECK(str_ends(str_z(c[i].help), STR(".")));
        while (str_split(&list, ' ', &part))
            if (part.n)
                CHECK(option_of(&c[i], part) != NULL);
    }
}

TEST(sizes)
{
    uint64_t v;

    CHECK_ST(admin_size(STR("0"), &v), ST_OK);
    CHECK_U64(v, 0);
    CHECK_ST(admin_size(STR("512k"), &v), ST_OK);
    CHECK_U64(v, 524288);
    CHECK_ST(admin_size(STR("3T"), &v), ST_OK);
    CHECK_U64(v, 3ull << 40);
    CHECK_ST(admin_size(STR("G"), &v), ST_SYNTAX);
    CHECK_ST(admin_size(STR("9999999P"), &v), ST_SYNTAX);
    CHECK_ST(admin_size(STR("-1"), &v), ST_SYNTAX);
    CHECK_ST(admin_size(STR(""), &v), ST_SYNTAX);
}

TEST(durations_and_times)
{
    uint64_t v, now = clock_wall_us();

    CHECK_ST(admin_duration(STR("14d"), &v), ST_OK);
    CHECK_U64(v, 14 * 86400);
    CHECK_ST(admin_duration(STR("0"), &v), ST_OK);
    CHECK_U64(v, 0);
    CHECK_ST(admin_duration(STR("90s"), &v), ST_OK);
    CHECK_ST(admin_duration(STR("90"), &v), ST_SYNTAX);
    CHECK_ST(admin_duration(STR("d"), &v), ST_SYNTAX);
    CHECK_ST(admin_duration(STR(""), &v), ST_SYNTAX);
    CHECK_ST(admin_duration(STR("99999999999d"), &v), ST_SYNTAX);
    CHECK_ST(admin_time(STR("1970-01-02"), &v), ST_OK);
    CHECK_U64(v, 86400000000);
    CHECK_ST(admin_time(STR("1970-01-01T00:01:02Z"), &v), ST_OK);
    CHECK_U64(v, 62000000);
    CHECK_ST(admin_time(STR("1970-01-01T00:01:02"), &v), ST_OK);
    CHECK_ST(admin_time(STR("1h"), &v), ST_OK);
    CHECK(v >= now - 3600000000 && v <= clock_wall_us() - 3600000000);
    CHECK_ST(admin_time(STR("1970-13-02"), &v), ST_SYNTAX);
    CHECK_ST(admin_time(STR("1970-01-02x"), &v), ST_SYNTAX);
    CHECK_ST(admin_time(STR("1970-01-02T10"), &v), ST_SYNTAX);
    CHECK_ST(admin_time(STR("1970-01-01T00:01:02Zz"), &v), ST_SYNTAX);
    CHECK_ST(admin_time(STR("tomorrow"), &v), ST_SYNTAX);
}

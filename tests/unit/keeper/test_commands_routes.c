#include "keeper/commands_routes.c"

#include "config/config.h"
#include "test.h"

static struct arena arena;
static struct directory *directory;
static struct buf out;
static struct command command;

static enum st with_input(const char *line, struct str input)
{
    struct str rest = str_z(line), *words = ARENA_ARRAY(&arena, struct str, 20), part;
    struct json *json = ARENA_NEW(&arena, struct json);
    size_t n = 0;

    while (str_split(&rest, ' ', &part))
        words[n++] = part;
    buf_clear(&out);
    json_init(json, &out);
    TRY(command_init(&command, NULL, directory, &arena, words, n, input, json));
    return command_run(&command);
}

static enum st cmd(const char *line)
{
    return with_input(line, STR_NONE);
}

static bool answer_has(const char *text)
{
    return str_search(buf_str(&out), str_z(text)) < out.n;
}

static void begin(void)
{
    struct directory_address address = {STR("alice"), STR("here.test")};
    struct directory_change none = {0};
    uint64_t id;

    arena_init(&arena);
    CHECK_ST(directory_open(":memory:", &directory), ST_OK);
    CHECK_ST(directory_domain_add(directory, STR("here.test")), ST_OK);
    CHECK_ST(directory_account_add(directory, &address, &none, &id), ST_OK);
    buf_init(&out, COMMAND_ANSWER_MAX);
}

static void end(void)
{
    buf_fini(&out);
    directory_close(directory);
    arena_fini(&arena);
}

TEST(routes_are_added_and_listed)
{
    begin();
    CHECK_ST(cmd("route add to B.Test smart.test"), ST_OK);
    CHECK(answer_has(
        "\"for\":\"to b.test\",\"host\":\"smart.test:25\",\"security\":\"starttls\",\"user\":\"\",\"fallback\":false"));
    CHECK_ST(cmd("route add to b.test other.test"), ST_EXISTS);
    CHECK_ST(with_input("route add to .b.test smart.test --user me", STR("hidden")), ST_OK);
    CHECK(answer_has("\"host\":\"smart.test:587\"") && answer_has("\"user\":\"me\"") && !answer_has("hidden"));
    CHECK_ST(with_input("route add from here.test smart.test --user me --security tls", STR("hidden")), ST_OK);
    CHECK(answer_has("\"host\":\"smart.test:465\""));
    CHECK_ST(cmd("route add account alice smart.test:26 --security may"), ST_OK);
    CHECK_ST(cmd("route add to * mx"), ST_OK);
    CHECK(answer_has("\"for\":\"to *\",\"host\":\"mx\",\"security\":\"\""));
    CHECK_ST(cmd("route list"), ST_OK);
    CHECK(answer_has("\"for\":\"account alice@here.test\"") && !answer_has("hidden"));
    CHECK_ST(cmd("route remove 1"), ST_OK);
    CHECK_ST(cmd("route remove 1"), ST_NOTFOUND);
    CHECK_ST(cmd("route remove x"), ST_SYNTAX);
    end();
}

TEST(fallbacks)
{
    begin();
    CHECK_ST(cmd("route add to b.test smart.test --fallback"), ST_OK);
    CHECK(answer_has("\"fallback\":true,\"codes\":\"" ROUTING_CODES "\",\"after\":\"\""));
    CHECK_ST(cmd("route add to c.test smart.test --fallback --after 4h"), ST_OK);
    CHECK(answer_has("\"codes\":\"\",\"after\":\"14400s\""));
    CHECK_ST(cmd("route add to * smart.test --fallback --codes 550/5.7.1,554"), ST_OK);
    CHECK_ST(cmd("route add to b.test smart.test"), ST_OK); /* beside its fallback */
    end();
}

TEST(what_makes_no_sense_is_refused)
{
    static const char *const lines[] = {
        "route add by b.test smart.test",
        "route add to not..good smart.test",
        "route add to . smart.test",
        "route add to b.test smart..test",
        "route add to b.test smart.test:0",
        "route add to b.test smart.test --security none --user me",
        "route add to b.test smart.test --user me --security may",
        "route add to b.test mx --security tls",
        "route add to b.test mx --fallback",
        "route add to b.test smart.test --codes 550",
        "route add to b.test smart.test --after 1h",
        "route add to b.test smart.test --fallback --codes 250",
        "route add to b.test smart.test --fallback --after soon",
        "route add to * smart.test --fallback",
        "route add to * smart.test --fallback --after 1h",
        "route add to * smart.test --fallback --codes 550 --after 1h",
        "route add from here.test smart.test --fallback",
        "route add account alice smart.test --fallback",
        "route add to b.test smart.test --security perhaps",
        "route add to b.test",
    };

    begin();
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        CHECK_ST(
            with_input(lines[i], str_search(str_z(lines[i]), STR("--user")) < strlen(lines[i]) ? STR("x") : STR_NONE),
            ST_SYNTAX);
    CHECK_ST(cmd("route add to b.test smart.test --user me"), ST_SYNTAX); /* no password */
    CHECK_ST(with_input("route add to b.test smart.test", STR("x")), ST_SYNTAX);
    CHECK_ST(cmd("route add from b.test smart.test"), ST_NOTFOUND);
    CHECK_ST(cmd("route add account bob smart.test"), ST_NOTFOUND);
    CHECK_ST(cmd("route list"), ST_OK);
    CHECK(answer_has("{\"routes\":[]}"));
    end();
}

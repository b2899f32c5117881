#include "config/value.c"

#include "test.h"

/* One case a row, generated: its default is taken, its limits are, and what is beyond them is not. */

static struct arena arena;

static void *holder(const struct field_table *t)
{
    return arena_alloc(&arena, t->struct_size);
}

static bool has(const char *bound)
{
    return strcmp(bound, "-") != 0;
}

static void check_bounds(const struct field_table *t, const struct field *f)
{
    void *base = holder(t);
    uint64_t least, most;
    char beyond[32];

    CHECK(has(f->min) && has(f->max));
    CHECK_ST(field_parse(&arena, f, str_z(f->min), base), ST_OK);
    CHECK_ST(field_parse(&arena, f, str_z(f->max), base), ST_OK);
    CHECK_ST(number(f->kind, str_z(f->min), &least), ST_OK);
    CHECK_ST(number(f->kind, str_z(f->max), &most), ST_OK);
    CHECK(least < most);
    snprintf(beyond, sizeof beyond, "%llu%s", (unsigned long long)most + 1, f->kind == KIND_duration ? "ms" : "");
    CHECK_ST(field_parse(&arena, f, str_z(beyond), base), ST_LIMIT);
    if (least > 0) {
        snprintf(beyond, sizeof beyond, "%llu%s", (unsigned long long)least - 1, f->kind == KIND_duration ? "ms" : "");
        CHECK_ST(field_parse(&arena, f, str_z(beyond), base), ST_LIMIT);
    }
}

static void check_row(const struct field_table *t, const struct field *f)
{
    void *base = holder(t), *again = holder(t);
    struct buf shown, shown_again;
    struct str text;

    field_defaults(&arena, t, base);
    buf_init(&shown, 4096);
    buf_init(&shown_again, 4096);
    field_print(f, base, &shown);
    CHECK(shown.n > 0);
    text = buf_str(&shown);
    if (text.p[0] == '"')
        text = str_sub(text, 1, text.n - 2);
    CHECK_ST(field_parse(&arena, f, text, again), ST_OK);
    field_print(f, again, &shown_again);
    CHECK_STR(buf_str(&shown_again), buf_str(&shown));
    if (f->kind == KIND_u32 || f->kind == KIND_u64 || f->kind == KIND_size || f->kind == KIND_duration)
        check_bounds(t, f);
    if (f->kind != KIND_str)
        CHECK_ST(field_parse(&arena, f, STR("?"), again), ST_SYNTAX);
    CHECK(strlen(f->text) > 10 && f->text[strlen(f->text) - 1] == '.');
    for (size_t i = 0; i < t->n; i++)
        CHECK(&t->list[i] == f || strcmp(t->list[i].name, f->name) != 0);
    buf_fini(&shown);
    buf_fini(&shown_again);
}

TEST(every_row_takes_its_default_and_its_limits_and_nothing_beyond)
{
    const struct field_table *tables[] = {&fields_top, &fields_listener, &fields_tls, &fields_zone};

    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        for (size_t j = 0; j < tables[i]->n; j++) {
            check_row(tables[i], &tables[i]->list[j]);
            if (!test_ok) {
                printf("# row %s %s\n", tables[i]->name, tables[i]->list[j].name);
                break;
            }
        }
    }
    arena_fini(&arena);
}

TEST(numbers_with_units)
{
    static const struct {
        enum field_kind kind;
        const char *text;
        uint64_t want;
        enum st st;
    } cases[] = {
        {KIND_size, "0", 0, ST_OK},
        {KIND_size, "64k", 65536, ST_OK},
        {KIND_size, "50M", 50 << 20, ST_OK},
        {KIND_size, "2G", 2ull << 30, ST_OK},
        {KIND_size, "1T", 1ull << 40, ST_OK},
        {KIND_size, "1P", 1ull << 50, ST_OK},
        {KIND_size, "99999999P", 0, ST_LIMIT},
        {KIND_size, "5MB", 0, ST_SYNTAX},
        {KIND_size, "M", 0, ST_SYNTAX},
        {KIND_size, "", 0, ST_SYNTAX},
        {KIND_size, "-1", 0, ST_SYNTAX},
        {KIND_duration, "50ms", 50, ST_OK},
        {KIND_duration, "30s", 30000, ST_OK},
        {KIND_duration, "5m", 300000, ST_OK},
        {KIND_duration, "4h", 14400000, ST_OK},
        {KIND_duration, "5d", 432000000, ST_OK},
        {KIND_duration, "5", 0, ST_SYNTAX},
        {KIND_duration, "5y", 0, ST_SYNTAX},
        {KIND_u32, "4294967296", 0, ST_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t v = 0;

        CHECK_ST(number(cases[i].kind, str_z(cases[i].text), &v), cases[i].st);
        CHECK_U64(v, cases[i].want);
    }
}

TEST(hosts_are_of_letters_digits_and_inner_hyphens)
{
    CHECK(is_host(STR("mail.example.org")));
    CHECK(is_host(STR("x-1.a")));
    CHECK(!is_host(STR("")));
    CHECK(!is_host(STR("a..b")));
    CHECK(!is_host(STR("a.")));
    CHECK(!is_host(STR("-a.b")));
    CHECK(!is_host(STR("a_b.c")));
    CHECK(!is_host(STR("a b")));
}

TEST(lists_of_addresses)
{
    const struct field *f = field_find(&fields_zone, STR("server"));
    struct config_zone z = {0};

    CHECK_ST(field_parse(&arena, f, STR("127.0.0.1@5353,::1@7"), &z), ST_OK);
    CHECK_ST(field_append(&arena, f, STR("192.0.2.1"), &z), ST_OK);
    CHECK_U64(z.server.n, 3);
    CHECK_U64(ntohs(z.server.v[1].in6.sin6_port), 7);
    CHECK_ST(field_parse(&arena, f, STR("127.0.0.1@0"), &z), ST_SYNTAX);
    CHECK_ST(field_parse(&arena, f, STR("127.0.0.1@70000"), &z), ST_SYNTAX);
    CHECK_ST(field_parse(&arena, f, STR("fe80::1%eth0"), &z), ST_SYNTAX);
    CHECK_ST(field_parse(&arena, f, STR("127.0.0.1,,::1"), &z), ST_SYNTAX);
    CHECK_ST(field_parse(&arena, f, STR("*"), &z), ST_SYNTAX);
    for (int i = 0; i < 300; i++)
        if (field_append(&arena, f, STR("192.0.2.1"), &z) != ST_OK)
            break;
    CHECK(z.server.n < 256);
    arena_fini(&arena);
}

#include "box/check.c"

#include "base/log.h"
#include "mail/layout.h"
#include "test.h"

#include <ftw.h>

enum { ANNE = 7, BERT = 9 };

/* The sample of version 1, in a new folder: anne and bert with letters that they share, one in the queue. */
static void unpack(char dir[64])
{
    const char *here = __FILE__, *end = strstr(here, "tests/unit/");
    char command[1000];

    must(end);
    snprintf(dir, 64, "/tmp/restante-check-XXXXXX");
    must(mkdtemp(dir));
    snprintf(command, sizeof command, "tar -xzf '%.*stests/samples/v1.tar.gz' -C '%s'", (int)(end - here), here, dir);
    must(system(command) == 0);
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

static void remove_dir(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct store_options options(const char *dir)
{
    return (struct store_options){.dir = dir, .segment_bytes = 256u << 10, .reserve_bytes = 1};
}

static void change(const char *dir, uint64_t account, const struct kv_change *changes, size_t n)
{
    struct store_options o = options(dir);
    struct kv_part part = {.account = account, .changes = changes, .n = n}, *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};
    struct store *s;

    must(store_open(&o, &s) == ST_OK);
    must(kv_version(s, account, &part.expected_version) == ST_OK);
    CHECK_ST(kv_commit(s, &c), ST_OK);
    store_close(s);
}

/* What `restante check` does; the answer is a view of a static buffer. */
static struct str tool(const char *dir, bool rebuilds, bool repairs, bool *out_wrong)
{
    static struct buf out;
    struct json json;
    struct tool t = {.json = &json, .opt = options(dir)};

    buf_fini(&out);
    buf_init(&out, 1u << 20);
    t.progress = (struct store_progress){show_progress, &t};
    json_init(&json, &out);
    json_object(&json);
    CHECK_ST(run(&t, rebuilds, repairs), ST_OK);
    json_object_end(&json);
    *out_wrong = t.wrong;
    return buf_str(&out);
}

static bool holds(struct str text, const char *part)
{
    return str_search(text, str_z(part)) < text.n;
}

TEST(a_whole_store_has_no_problems_also_after_rebuilding)
{
    char dir[64];
    struct str text;
    bool wrong;

    log_set_level(LOG_WARN);
    unpack(dir);
    text = tool(dir, false, false, &wrong);
    CHECK(!wrong);
    CHECK(holds(text, "\"problems\":0"));
    CHECK(holds(text, "\"accounts\":2") && holds(text, "\"queue_entries\":1") && holds(text, "\"messages\":6"));
    text = tool(dir, true, true, &wrong);
    CHECK(!wrong);
    CHECK(holds(text, "\"problems\":0") && holds(text, "\"lost\":[]") && holds(text, "\"repaired\":[]"));
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

/* Each is found, repaired, and not there any more. */
TEST(what_is_wrong_is_found_and_repaired)
{
    struct arena a = ARENA_INIT;
    static const char junk[] = "\x07 junk";
    const struct {
        const char *kind;
        uint64_t account;
        struct kv_change change;
    } cases[] = {
        {"\"mailbox\"", ANNE, {.key = key_mailbox(&a, 1), .op = KV_DEL}},
        {"\"mailbox\"", ANNE, {.key = key_mailbox(&a, 1), .value = str_n(junk, 6), .op = KV_PUT}},
        {"\"message\"", ANNE, {.key = key_hot(&a, 1, 1), .value = str_n(junk, 6), .op = KV_PUT}},
        {"\"counts\"", ANNE, {.key = key_hot(&a, 1, 1), .op = KV_DEL}},
        {"\"log\"", BERT, {.key = key_log(&a, 2), .value = str_n(junk, 6), .op = KV_PUT}},
        {"\"account\"", BERT, {.key = key_account(), .op = KV_DEL}},
        {"\"message\"", BERT, {.key = key_letter(&a, 'E'), .value = key_letter(&a, 'F'), .op = KV_DEL_RANGE}},
        {"\"references\"", ANNE, {.key = key_letter(&a, 'R'), .value = key_letter(&a, 'S'), .op = KV_DEL_RANGE}},
    };

    log_set_level(LOG_ERROR);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char dir[64];
        struct str text;
        bool wrong;

        unpack(dir);
        change(dir, cases[i].account, &cases[i].change, 1);
        text = tool(dir, false, false, &wrong);
        CHECK(wrong);
        CHECK(holds(text, cases[i].kind));
        tool(dir, false, true, &wrong);
        CHECK(wrong);
        text = tool(dir, false, false, &wrong);
        CHECK(!wrong);
        if (wrong)
            printf("# case %zu: %.*s\n", i, STR_ARGS(text));
        remove_dir(dir);
    }
    log_set_level(LOG_INFO);
    arena_fini(&a);
}

static uint32_t uidvalidity_of(const char *dir, uint64_t account)
{
    struct store_options o = options(dir);
    struct mailbox_rec *rec = MEM_NEW(struct mailbox_rec);
    struct arena a = ARENA_INIT;
    struct store *s;
    struct str value;
    uint32_t id, got;

    must(store_open(&o, &s) == ST_OK);
    CHECK_ST(kv_get(s, &a, account, key_mailbox(&a, 1), &value), ST_OK);
    CHECK_ST(mailbox_rec_get(key_mailbox(&a, 1), value, &id, rec), ST_OK);
    got = rec->uidvalidity;
    store_close(s);
    arena_fini(&a);
    mem_free(rec);
    return got;
}

/* A journal record in the middle is damaged: who lost something gets new uidvalidities, nobody else does. */
TEST(damage_in_the_journal_concerns_whom_it_concerns)
{
    struct arena a = ARENA_INIT;
    const struct kv_change one = {.key = key_subscription(&a, STR("lost")), .value = STR("\x01"), .op = KV_PUT};
    char dir[64], path[100], bytes[262144], *at = NULL;
    uint32_t anne, bert;
    struct str text;
    bool wrong;
    FILE *f;

    log_set_level(LOG_ERROR);
    unpack(dir);
    anne = uidvalidity_of(dir, ANNE);
    bert = uidvalidity_of(dir, BERT);
    change(dir, ANNE, &one, 1);
    change(dir, BERT, &(struct kv_change){.key = one.key, .value = one.value, .op = KV_DEL}, 1);
    snprintf(path, sizeof path, "%s/seg/00000001.seg", dir);
    f = fopen(path, "r+");
    must(f && fread(bytes, 1, sizeof bytes, f) == sizeof bytes);
    at = memmem(bytes, sizeof bytes, "Slost", 5);
    must(at && fseek(f, at - bytes, SEEK_SET) == 0 && fputs("Sdust", f) >= 0 && fclose(f) == 0);
    text = tool(dir, true, true, &wrong);
    CHECK(wrong);
    CHECK(holds(text, "\"accounts_known\":true") && holds(text, "\"accounts_concerned\":[7]"));
    CHECK(uidvalidity_of(dir, ANNE) > anne);
    CHECK_U64(uidvalidity_of(dir, BERT), bert);
    tool(dir, false, false, &wrong);
    CHECK(!wrong);
    tool(dir, true, true, &wrong); /* the snapshot stands for the damage now */
    CHECK(!wrong);
    log_set_level(LOG_INFO);
    arena_fini(&a);
    remove_dir(dir);
}

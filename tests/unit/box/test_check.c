#include "box/check.c"

#include "base/log.h"
#include "mail/layout.h"
#include "queue/entry.h"
#include "store/inside.h"
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

static uint64_t found_bytes; /* 0: as usual */

static struct store_options options(const char *dir)
{
    return (struct store_options){
        .dir = dir, .segment_bytes = 256u << 10, .reserve_bytes = 1, .found_bytes = found_bytes};
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
    char scratch[80];
    struct tool t = {.json = &json, .opt = options(dir), .host = STR("mail.example.test"), .scratch = scratch};

    snprintf(scratch, sizeof scratch, "%s.look", dir);
    buf_fini(&out);
    buf_init(&out, 1u << 20);
    t.progress = (struct store_progress){show_progress, &t};
    json_init(&json, &out);
    json_object(&json);
    if (rebuilds)
        CHECK_ST(rebuild(&t), ST_OK);
    CHECK_ST(check(&t, repairs, rebuilds), ST_OK);
    CHECK(access(scratch, F_OK) != 0);
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
    CHECK(holds(text, "\"accounts_known\":true") &&
          holds(text, "\"accounts_concerned\":[{\"account\":\"0000000000000007\"}]"));
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

/* Flips a bit of every place where these bytes stand in the first segment. */
static unsigned spoil(const char *dir, uint64_t segment, uint64_t offset)
{
    char path[100];
    FILE *f;
    int c;

    snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)segment);
    f = fopen(path, "r+");
    must(f && fseek(f, (long)offset, SEEK_SET) == 0);
    c = fgetc(f);
    must(fseek(f, (long)offset, SEEK_SET) == 0 && fputc(c ^ 4, f) != EOF && fclose(f) == 0);
    return 1;
}

static struct queue_entry the_entry(struct store *s, struct arena *a)
{
    struct kv_range *r;
    struct str key, value;
    struct queue_entry e = {0};

    CHECK_ST(kv_range_open(s, a, 0, STR("Q"), STR("R"), &r), ST_OK);
    if (kv_range_next(r, &key, &value))
        CHECK_ST(entry_decode(a, entry_id_of(key), arena_str(a, value), &e), ST_OK);
    CHECK_ST(kv_range_close(r), ST_OK);
    return e;
}

/* All bodies are damaged: what is known of the letters stays, whoever waits for one in the queue hears of it. */
TEST(letters_whose_bytes_are_damaged_are_replaced)
{
    struct arena a = ARENA_INIT;
    char dir[64], copy[100];
    struct store_options o = options(dir);
    struct queue_entry e;
    struct store_view *v;
    struct blob_view body;
    struct store *s;
    struct str text;
    uint64_t n = 0, id;
    uint32_t refs;
    bool wrong;

    log_set_level(LOG_ERROR + 1);
    unpack(dir);
    must(store_open(&o, &s) == ST_OK);
    e = the_entry(s, &a);
    CHECK(e.reverse_path.n && e.n_rcpts);
    store_view_open(s, &v);
    store_view_begin_bodies(v);
    while (store_view_next_body(v, &id, &refs)) {
        struct row_key key = row_key(ROW_BLOB, id);
        struct blob_row row;
        struct str value;

        CHECK_ST(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value), ST_OK);
        CHECK_ST(blob_row_of(value, id, &row), ST_OK);
        n += spoil(dir, row.segment, row.offset + RECORD_HEAD_BYTES + 2);
        snprintf(copy, sizeof copy, "%s/lost+found/%llu.damaged", dir, (unsigned long long)id);
    }
    CHECK_ST(store_view_end(v), ST_OK);
    store_view_close(v);
    store_close(s);
    CHECK(n >= 2);
    text = tool(dir, false, false, &wrong);
    CHECK(wrong && holds(text, "its body can't be read") && holds(text, "which waits to be sent"));
    text = tool(dir, false, true, &wrong);
    CHECK(wrong && holds(text, "\"account\":\"queue\"") && !holds(text, "\"left\"") && !holds(text, "\"needs\""));
    text = tool(dir, false, false, &wrong);
    CHECK(!wrong && holds(text, "\"queue_entries\":1") && holds(text, "\"messages\":6"));
    CHECK(access(copy, F_OK) == 0);
    must(store_open(&o, &s) == ST_OK);
    text = arena_str(&a, e.reverse_path);
    e = the_entry(s, &a);
    CHECK(e.n_rcpts == 1 && e.reverse_path.n == 0);
    CHECK_STR(e.rcpts[0].address, text);
    CHECK_ST(blob_open(s, e.blob, &body), ST_OK);
    CHECK(holds(body.bytes, "From: Mail Delivery System <MAILER-DAEMON@mail.example.test>\r\n"));
    CHECK(holds(body.bytes, "Please send it again"));
    blob_close(&body);
    store_close(s);
    log_set_level(LOG_INFO);
    arena_fini(&a);
    remove_dir(dir);
}

/* What lost+found has no room for stays in the store, and is said. */
TEST(what_can_not_be_saved_stays)
{
    static const char text_of[] = "Subject: nobody's\r\n\r\nx\r\n";
    struct arena a = ARENA_INIT;
    char dir[64];
    struct store_options o = options(dir);
    struct kv_blob blob = {.bytes = STR(text_of), .refs = 1};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};
    struct blob_view body;
    struct store *s;
    struct str text;
    bool wrong;

    log_set_level(LOG_ERROR + 1);
    unpack(dir);
    must(store_open(&o, &s) == ST_OK);
    blob.id = blob_new_id(s);
    must(kv_commit(s, &c) == ST_OK);
    store_close(s);
    found_bytes = 1;
    text = tool(dir, false, true, &wrong);
    CHECK(wrong && holds(text, "\"left\"") && holds(text, "\"bodies_not_saved\":1") &&
          holds(text, "lost+found is full"));
    CHECK(holds(text, arena_printf(&a, "\"not_saved\":[%llu]", (unsigned long long)blob.id).p));
    must(store_open(&o, &s) == ST_OK);
    CHECK_ST(blob_open(s, blob.id, &body), ST_OK);
    blob_close(&body);
    store_close(s);
    found_bytes = 0;
    text = tool(dir, false, true, &wrong);
    CHECK(wrong && !holds(text, "\"left\"") && !holds(text, "not_saved"));
    text = tool(dir, false, false, &wrong);
    CHECK(!wrong);
    log_set_level(LOG_INFO);
    arena_fini(&a);
    remove_dir(dir);
}

/* What the queue keeps beside its entries is written anew; an entry that can't be read goes, its letter is written out. */
TEST(the_queue_is_repaired)
{
    struct arena a = ARENA_INIT;
    static const char junk[] = "\x07 junk";
    const struct kv_change cases[] = {
        {.key = STR("D"), .value = STR("E"), .op = KV_DEL_RANGE},
        {.key = counts_key(), .value = str_n(junk, 6), .op = KV_PUT},
        {.key = counts_key(), .op = KV_DEL},
        {.key = entry_due_key(&a, 0, (struct entry_place){77, 88}), .op = KV_PUT},
        {.key = entry_due_key(&a, -3, (struct entry_place){77, 88}), .op = KV_PUT},
        {.key = STR("P"), .op = KV_PUT},
        {.key = entry_key(&a, 99), .value = str_n(junk, 6), .op = KV_PUT},
    };

    log_set_level(LOG_ERROR + 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char dir[64];
        bool wrong;

        unpack(dir);
        change(dir, 0, &cases[i], 1);
        tool(dir, false, false, &wrong);
        CHECK(wrong);
        tool(dir, false, true, &wrong);
        CHECK(wrong);
        CHECK(holds(tool(dir, false, false, &wrong), "\"queue_entries\":1") && !wrong);
        remove_dir(dir);
    }
    log_set_level(LOG_INFO);
    arena_fini(&a);
}

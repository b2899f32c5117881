/* Keys and records: there and back, cut at each offset, changed at each byte. */
#include "test.h"

#include "mail/layout.c"

static void check_cut(struct str value, enum st (*decode)(struct str value))
{
    for (size_t n = 0; n < value.n; n++) {
        char *exact = mem_new(n);

        memcpy(exact, value.p, n);
        CHECK_ST(decode(str_n(exact, n)), ST_CORRUPT);
        mem_free(exact);
    }
    CHECK_ST(decode(value), ST_OK);
}

static enum st decode_account(struct str value)
{
    struct account_rec r;

    return account_rec_get(value, &r);
}

static enum st decode_mailbox(struct str value)
{
    struct arena a = ARENA_INIT;
    struct mailbox_rec r;
    uint32_t id;
    enum st st = mailbox_rec_get(key_mailbox(&a, 5), value, &id, &r);

    arena_fini(&a);
    return st;
}

static enum st decode_hot(struct str value)
{
    struct arena a = ARENA_INIT;
    struct hot h;
    enum st st = hot_get(key_hot(&a, 1, 2), value, &h);

    arena_fini(&a);
    return st;
}

static enum st decode_refs(struct str value)
{
    uint32_t n;

    return refs_rec_get(value, &n);
}

/* The first stores had no more than the first 17 bytes, later ones 30. */
TEST(layout_account)
{
    const struct account_rec r = {3, 4, 5, .domain = 6, .keep_s = 7, .removed = true, .has_uidls = true, .retention = 9};
    struct arena a = ARENA_INIT;
    struct str value = account_rec_put(&a, &r);
    struct account_rec got;

    for (size_t n = 0; n < value.n; n++)
        CHECK_ST(decode_account(arena_str(&a, str_sub(value, 0, n))), n == 17 || n == 30 ? ST_OK : ST_CORRUPT);
    CHECK_ST(account_rec_get(value, &got), ST_OK);
    CHECK(got.next_mailbox == 3 && got.uidvalidity_high == 4 && got.log_low == 5 && got.domain == 6 &&
          got.keep_s == 7 && got.removed && got.has_uidls && !got.has_fetched && got.retention == 9);
    CHECK_ST(account_rec_get(str_sub(value, 0, 17), &got), ST_OK);
    CHECK(got.log_low == 5 && got.domain == 0 && got.keep_s == KEEP_DEFAULT && !got.removed);
    arena_fini(&a);
}

static enum st decode_kept(struct str value)
{
    struct arena a = ARENA_INIT;
    struct kept_rec r;
    enum st st = kept_rec_get(key_kept(&a, 1, 2, 3), value, &r);

    arena_fini(&a);
    return st;
}

TEST(layout_kept)
{
    const struct kept_rec r = {
        .hot = {.uid = 9, .size = 10, .flags = MAIL_SEEN, .keywords = 5, .email = 11, .blob = 12},
        .name = STR("Trash"),
        .n_keywords = 2,
        .keywords = {STR("$Forwarded"), STR("x")}};
    struct arena a = ARENA_INIT;
    struct str value = kept_rec_put(&a, &r), key = key_kept(&a, 0x0102030405060708, 0x11121314, 9);
    struct kept_rec got;

    CHECK_STR(key, STR("X\1\2\3\4\5\6\7\10\x11\x12\x13\x14\0\0\0\11"));
    CHECK_ST(kept_rec_get(key, value, &got), ST_OK);
    CHECK(got.at_us == 0x0102030405060708 && got.mailbox == 0x11121314 && got.hot.uid == 9 && got.hot.email == 11 &&
          got.hot.blob == 12 && got.n_keywords == 2);
    CHECK_STR(got.name, STR("Trash"));
    CHECK_STR(got.keywords[1], STR("x"));
    CHECK_ST(kept_rec_get(str_sub(key, 0, 16), value, &got), ST_CORRUPT);
    check_cut(value, decode_kept);
    arena_fini(&a);
}

TEST(layout_small_records)
{
    struct arena a = ARENA_INIT;

    check_cut(refs_rec_put(&a, 7), decode_refs);
    CHECK_ST(decode_refs(refs_rec_put(&a, 0)), ST_CORRUPT);
    CHECK_ST(decode_account(STR("\2aaaaaaaaaaaaaaaa")), ST_CORRUPT);
    arena_fini(&a);
}

TEST(layout_mailbox)
{
    struct arena a = ARENA_INIT;
    struct mailbox_rec r = {.name = STR("Work/2026"),
                            .use = MAIL_USE_SENT,
                            .noselect = true,
                            .uidvalidity = 1,
                            .uidnext = 2,
                            .first_recent = 3,
                            .messages = 4,
                            .unseen = 5,
                            .deleted = 6,
                            .recent = 7,
                            .highestmodseq = 8,
                            .bytes = 9,
                            .n_keywords = 2,
                            .keywords = {STR("$Forwarded"), STR("x")}};
    struct str value = mailbox_rec_put(&a, &r);
    struct mailbox_rec got;
    uint32_t id;

    check_cut(value, decode_mailbox);
    CHECK_ST(mailbox_rec_get(key_mailbox(&a, 77), value, &id, &got), ST_OK);
    CHECK_U64(id, 77);
    CHECK_STR(got.name, r.name);
    CHECK_STR(got.keywords[0], STR("$Forwarded"));
    CHECK(got.use == r.use && got.noselect && got.uidvalidity == 1 && got.uidnext == 2 && got.first_recent == 3 &&
          got.messages == 4);
    CHECK(got.unseen == 5 && got.deleted == 6 && got.recent == 7 && got.highestmodseq == 8 && got.bytes == 9 &&
          got.n_keywords == 2);
    CHECK_ST(mailbox_rec_get(STR("M\0\0"), value, &id, &got), ST_CORRUPT);
    arena_fini(&a);
}

TEST(layout_hot)
{
    struct arena a = ARENA_INIT;
    struct hot h = {.uid = 2,
                    .size = 3,
                    .flags = MAIL_SEEN | HOT_SHARED,
                    .keywords = 4,
                    .modseq = 5,
                    .internal_date_us = 6,
                    .save_date_us = 7,
                    .email = 8,
                    .blob = 9};
    struct str value = hot_put(&a, &h);
    struct hot got;

    CHECK_U64(value.n, HOT_BYTES);
    check_cut(value, decode_hot);
    CHECK_ST(hot_get(key_hot(&a, 1, 2), value, &got), ST_OK);
    CHECK(got.uid == 2 && got.size == 3 && got.flags == h.flags && got.keywords == 4 && got.modseq == 5);
    CHECK(got.internal_date_us == 6 && got.save_date_us == 7 && got.email == 8 && got.blob == 9);
    h.flags = 0x40;
    CHECK_ST(decode_hot(hot_put(&a, &h)), ST_CORRUPT);
    CHECK(str_cmp(key_hot(&a, 1, UINT32_MAX), key_hot(&a, 2, 0)) < 0);
    arena_fini(&a);
}

TEST(layout_email_damaged)
{
    struct arena a = ARENA_INIT;
    struct str value = email_rec_put(&a, 9, STR("P: x\r\n"), STR("no record"));
    struct email e;

    for (size_t n = 0; n <= value.n; n++)
        CHECK_ST(email_rec_get(1, str_sub(value, 0, n), &e), ST_CORRUPT);
    arena_fini(&a);
}

TEST(layout_log)
{
    struct arena a = ARENA_INIT;
    struct log_entry in[] = {
        {.kind = LOG_ADDED, .mailbox = 3, .ranges = (struct uid_range[]){{1, 5}, {9, 9}}, .n = 2},
        {.kind = LOG_EMAILS_GONE, .ids = (uint64_t[]){77}, .n = 1},
        {.kind = LOG_MAILBOX_GONE, .mailbox = 4},
    };
    struct str value = log_rec_put(&a, in, 3);
    struct log_entry e;
    struct rec r;

    CHECK(log_rec_begin(&r, value));
    CHECK(log_rec_next(&r, &a, &e) && e.kind == LOG_ADDED && e.mailbox == 3 && e.n == 2 && e.ranges[1].lo == 9);
    CHECK(log_rec_next(&r, &a, &e) && e.kind == LOG_EMAILS_GONE && e.ids[0] == 77);
    CHECK(log_rec_next(&r, &a, &e) && e.kind == LOG_MAILBOX_GONE && e.mailbox == 4);
    CHECK(!log_rec_next(&r, &a, &e));
    CHECK_ST(rec_end(&r, "log"), ST_OK);
    for (size_t n = 0; n < value.n; n++) {
        bool whole = log_rec_begin(&r, str_sub(value, 0, n));

        while (whole && log_rec_next(&r, &a, &e))
            continue;
        CHECK(n == 1 || n == 26 || n == 43 || rec_end(&r, "log") == ST_CORRUPT); /* between entries it ends well */
    }
    arena_fini(&a);
}

TEST(layout_url_key)
{
    unsigned char secret[32] = {1, 2, 3}, got[32];
    struct arena a = ARENA_INIT;
    struct str key = key_url_key(&a, 5, 6), value = url_key_rec_put(&a, secret);
    uint64_t owner;
    uint32_t mailbox;

    CHECK_ST(url_key_key_get(key, &owner, &mailbox), ST_OK);
    CHECK(owner == 5 && mailbox == 6);
    CHECK_ST(url_key_rec_get(value, got), ST_OK);
    CHECK(memcmp(secret, got, sizeof got) == 0);
    for (size_t n = 0; n < key.n; n++)
        CHECK_ST(url_key_key_get(str_sub(key, 0, n), &owner, &mailbox), ST_CORRUPT);
    for (size_t n = 0; n < value.n; n++)
        CHECK_ST(url_key_rec_get(str_sub(value, 0, n), got), ST_CORRUPT);
    CHECK(str_cmp(key_url_key(&a, 0, UINT32_MAX), key_url_key(&a, 1, 0)) < 0);
    arena_fini(&a);
}

TEST(layout_note)
{
    struct arena a = ARENA_INIT;
    struct str key = key_note(&a, 5, NOTE_OWN, STR("/comment")), value = note_rec_put(&a, str_n("a\0b", 3));
    struct note_rec r;

    CHECK_ST(note_rec_get(key, value, &r), ST_OK);
    CHECK(r.mailbox == 5 && r.who == NOTE_OWN);
    CHECK_STR(r.name, STR("/comment"));
    CHECK_STR(r.value, str_n("a\0b", 3));
    CHECK_ST(note_rec_get(key, note_rec_put(&a, STR("")), &r), ST_OK);
    CHECK(r.value.p != NULL && r.value.n == 0);
    for (size_t n = 0; n < 15; n++)
        CHECK_ST(note_rec_get(str_sub(key, 0, n), value, &r), ST_CORRUPT);
    CHECK_ST(note_rec_get(key, STR(""), &r), ST_CORRUPT);
    CHECK_ST(note_rec_get(key, STR("\2x"), &r), ST_CORRUPT);
    /* a mailbox's stand together, shared ones first */
    CHECK(str_cmp(key_note(&a, 5, 0, STR_NONE), key_note(&a, 5, NOTE_SHARED, STR("/x"))) < 0);
    CHECK(str_cmp(key_note(&a, 5, NOTE_SHARED, STR("/x")), key) < 0);
    CHECK(str_cmp(key, key_note(&a, 6, 0, STR_NONE)) < 0);
    arena_fini(&a);
}

static enum st decode_acl(struct str value)
{
    struct arena a = ARENA_INIT;
    struct acl *acl = NULL;
    uint32_t mailbox;
    enum st st = acl_rec_get(key_acl(&a, 7), value, &mailbox, &acl);

    mem_free(acl);
    arena_fini(&a);
    return st;
}

static enum st decode_grantor(struct str value)
{
    struct arena a = ARENA_INIT;
    uint64_t owner, at_us;
    enum st st = grantor_rec_get(key_grantor(&a, 7), value, &owner, &at_us);

    arena_fini(&a);
    return st;
}

static enum st decode_seen(struct str value)
{
    struct arena a = ARENA_INIT;
    struct seen_rec r;
    enum st st = seen_rec_get(key_seen(&a, 7, 8, 9), value, &r);

    arena_fini(&a);
    return st;
}

TEST(layout_of_what_is_shared)
{
    struct arena a = ARENA_INIT;
    struct acl *acl = arena_alloc(&a, sizeof *acl + 2 * sizeof *acl->e), *got;
    struct seen_rec seen;
    uint64_t owner, at_us;
    uint32_t mailbox;

    acl->n = 2;
    acl->e[0] = (struct acl_entry){.who = 0x0102030405060708, .negative = true, .rights = 0x405};
    acl->e[1] = (struct acl_entry){.rights = 1};
    check_cut(acl_rec_put(&a, acl), decode_acl);
    CHECK_ST(acl_rec_get(key_acl(&a, 77), acl_rec_put(&a, acl), &mailbox, &got), ST_OK);
    CHECK(mailbox == 77 && got->n == 2 && got->e[0].who == acl->e[0].who && got->e[0].negative &&
          got->e[0].rights == 0x405 && !got->e[1].who);
    mem_free(got);
    check_cut(grantor_rec_put(&a, 5), decode_grantor);
    CHECK_ST(grantor_rec_get(key_grantor(&a, UINT64_MAX - 3), grantor_rec_put(&a, 5), &owner, &at_us), ST_OK);
    CHECK(owner == UINT64_MAX - 3 && at_us == 5);
    check_cut(seen_rec_put(&a, true, 5), decode_seen);
    CHECK_ST(seen_rec_get(key_seen(&a, 7, 0x0102030405060708, 9), seen_rec_put(&a, true, 6), &seen), ST_OK);
    CHECK(seen.mailbox == 7 && seen.who == 0x0102030405060708 && seen.uid == 9 && seen.seen && seen.modseq == 6);
    CHECK_ST(seen_rec_get(str_sub(key_seen(&a, 7, 8, 9), 0, 16), seen_rec_put(&a, true, 6), &seen), ST_CORRUPT);
    arena_fini(&a);
}

static enum st decode_trace_state(struct str value)
{
    struct trace_state s;

    return trace_state_get(value, &s);
}

static enum st decode_trace_index(struct str value)
{
    struct trace_index x;

    return trace_index_get(value, &x);
}

TEST(layout_of_the_trace)
{
    struct arena a = ARENA_INIT;
    static const uint64_t hashes[] = {11, 22};
    static const uint32_t places[] = {0, 40};
    struct trace_state s = {.low = 3, .next = 9, .bytes = 12345}, s2;
    struct trace_index x = {.first_us = 1, .last_us = 2, .bytes = 80, .n = 2}, x2;
    uint64_t batch;
    struct buf b;

    check_cut(trace_state_put(&a, &s), decode_trace_state);
    CHECK_ST(trace_state_get(trace_state_put(&a, &s), &s2), ST_OK);
    CHECK(s2.low == 3 && s2.next == 9 && s2.bytes == 12345);
    s.low = 10;
    CHECK_ST(trace_state_get(trace_state_put(&a, &s), &s2), ST_CORRUPT);
    x.hashes = (const char *)hashes;
    x.places = (const char *)places;
    buf_init(&b, 200);
    trace_index_put(&b, &x);
    check_cut(buf_str(&b), decode_trace_index);
    CHECK_ST(trace_index_get(buf_str(&b), &x2), ST_OK);
    CHECK(x2.first_us == 1 && x2.last_us == 2 && x2.bytes == 80 && x2.n == 2);
    CHECK(memcmp(x2.hashes, hashes, sizeof hashes) == 0 && memcmp(x2.places, places, sizeof places) == 0);
    CHECK_ST(trace_key_get(key_trace(&a, TRACE_REFUSALS, TRACE_INDEX, 0x0102030405060708u), &batch), ST_OK);
    CHECK_U64(batch, 0x0102030405060708u);
    CHECK_ST(trace_key_get(STR("TI"), &batch), ST_CORRUPT);
    CHECK(str_cmp(key_trace(&a, TRACE_LETTERS, TRACE_INDEX, 255), key_trace(&a, TRACE_LETTERS, TRACE_INDEX, 256)) < 0);
    CHECK(mail_is_nobody(MAIL_TRACE) && mail_is_nobody(MAIL_EVERYBODY) && !mail_is_nobody(7));
    buf_fini(&b);
    arena_fini(&a);
}

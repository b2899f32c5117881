#include "ipc/msg.c"

#include "base/random.h"

#include "test.h"

/* Fills every field with something of its own, texts up to their maximum or what is left of a frame. */
static char text[65536];
static size_t room;

static struct str some(size_t max)
{
    size_t n = MIN(max, room);

    room -= n;
    return str_n(text, n);
}

#define U8(n) m->n = (uint8_t)random_u64();
#define STATUS(n) m->n = (uint8_t)(random_u64() % ST_COUNT);
#define U32(n) m->n = (uint32_t)random_u64();
#define U64(n) m->n = random_u64();
#define TXT(n, max) m->n = some(max);
#define LIMITS(n)                                                                                                      \
    m->n = (struct account_limits){random_u64(), random_u64(), random_u64(),                                           \
                                   random_u64(), random_u64(), (uint32_t)random_u64()};
#define MSG(name, way, text_, fields)                                                                                  \
    static void fill_##name(void *msg)                                                                                 \
    {                                                                                                                  \
        struct msg_##name *m = msg;                                                                                    \
        fields                                                                                                         \
    }
#include "ipc/messages.def"
#undef MSG
#undef U8
#undef STATUS
#undef U32
#undef U64
#undef TXT
#undef LIMITS

#define U8(n) CHECK_U64(a->n, b->n);
#define STATUS(n) CHECK_U64(a->n, b->n);
#define U32(n) CHECK_U64(a->n, b->n);
#define U64(n) CHECK_U64(a->n, b->n);
#define TXT(n, max) CHECK(str_eq(a->n, b->n));
#define LIMITS(n)                                                                                                      \
    CHECK(a->n.bytes == b->n.bytes && a->n.messages == b->n.messages && a->n.domain == b->n.domain &&                  \
          a->n.domain_bytes == b->n.domain_bytes && a->n.domain_messages == b->n.domain_messages &&                    \
          a->n.keep_s == b->n.keep_s);
#define MSG(name, way, text_, fields)                                                                                  \
    static void same_##name(const void *x, const void *y)                                                              \
    {                                                                                                                  \
        const struct msg_##name *a = x, *b = y;                                                                        \
        fields                                                                                                         \
    }
#include "ipc/messages.def"
#undef MSG
#undef U8
#undef STATUS
#undef U32
#undef U64
#undef TXT
#undef LIMITS

static const struct {
    void (*fill)(void *msg);
    void (*same)(const void *x, const void *y);
} checks[MSG_COUNT] = {
#define MSG(name, way, text_, fields) [MSG_##name] = {fill_##name, same_##name},
#include "ipc/messages.def"
#undef MSG
};

static void filled(enum msg_kind k, union any_msg *m, size_t most)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + k);
    room = most;
    memset(m, 0, sizeof *m);
    checks[k].fill(m);
}

TEST(every_row_comes_back_as_it_went)
{
    static const size_t sizes[] = {0, 1, 300, 60000};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (enum msg_kind k = 1; k < MSG_COUNT; k++) {
            union any_msg m, got;
            struct buf b;

            buf_init(&b, LIMIT_IPC_FRAME);
            filled(k, &m, sizes[i]);
            CHECK_ST(msg_encode(k, &m, &b), ST_OK);
            CHECK_ST(msg_decode(k, buf_str(&b), &got), ST_OK);
            checks[k].same(&m, &got);
            buf_fini(&b);
        }
    }
}

TEST(cut_or_longer_frames_are_refused_and_leave_the_struct_alone)
{
    for (enum msg_kind k = 1; k < MSG_COUNT; k++) {
        union any_msg m, got;
        struct buf b;

        buf_init(&b, LIMIT_IPC_FRAME);
        filled(k, &m, 200);
        CHECK_ST(msg_encode(k, &m, &b), ST_OK);
        memset(&got, 0x5a, sizeof got);
        for (size_t n = 0; n < b.n; n++)
            CHECK_ST(msg_decode(k, str_n(b.p, n), &got), ST_SYNTAX);
        buf_addc(&b, 'x');
        CHECK_ST(msg_decode(k, buf_str(&b), &got), ST_SYNTAX);
        for (size_t i = 0; i < sizeof got; i++)
            CHECK(((unsigned char *)&got)[i] == 0x5a);
        buf_fini(&b);
    }
}

TEST(texts_above_their_maximum_are_refused_both_ways)
{
    struct msg_role_file m = {.name = str_n(text, 65)};
    struct msg_role_file got;
    struct buf b;

    buf_init(&b, LIMIT_IPC_FRAME);
    buf_addz(&b, "head");
    CHECK_ST(msg_encode(MSG_role_file, &m, &b), ST_LIMIT);
    CHECK_STR(buf_str(&b), STR("head"));
    CHECK_ST(buf_check(&b), ST_OK);
    buf_clear(&b);
    rec_put_str(&b, m.name);
    CHECK_ST(msg_decode(MSG_role_file, buf_str(&b), &got), ST_SYNTAX);
    buf_fini(&b);
}

TEST(a_message_longer_than_a_frame_is_refused)
{
    struct msg_deliver_ask m = {.rcpts = str_n(text, 50000), .record = str_n(text, 50000)};
    struct buf b;

    buf_init(&b, LIMIT_IPC_FRAME);
    CHECK_ST(msg_encode(MSG_deliver_ask, &m, &b), ST_LIMIT);
    CHECK_U64(b.n, 0);
    buf_fini(&b);
}

TEST(a_status_that_is_none_is_refused)
{
    struct msg_grant_answer got;
    char raw = ST_COUNT;

    CHECK_ST(msg_decode(MSG_grant_answer, str_n(&raw, 1), &got), ST_SYNTAX);
    raw = ST_COUNT - 1;
    CHECK_ST(msg_decode(MSG_grant_answer, str_n(&raw, 1), &got), ST_OK);
}

TEST(unknown_kinds_are_refused)
{
    struct buf b;
    union any_msg m = {0};

    buf_init(&b, 100);
    CHECK_ST(msg_encode(MSG_NONE, &m, &b), ST_INTERNAL);
    CHECK_ST(msg_encode(MSG_COUNT, &m, &b), ST_INTERNAL);
    CHECK_ST(msg_decode(MSG_NONE, STR(""), &m), ST_SYNTAX);
    CHECK_ST(msg_decode(MSG_COUNT, STR(""), &m), ST_SYNTAX);
    CHECK_STR(str_z(msg_name(MSG_COUNT)), STR("unknown"));
    buf_fini(&b);
}

TEST(names_tell_asks_from_answers)
{
    CHECK(msg_is_ask(MSG_auth_ask) && !msg_is_answer(MSG_auth_ask));
    CHECK(msg_is_answer(MSG_auth_answer) && !msg_is_ask(MSG_auth_answer));
    CHECK(!msg_is_ask(MSG_revoke) && !msg_is_answer(MSG_revoke));
}

TEST(random_bytes_never_upset_the_decoder)
{
    for (int i = 0; i < 20000; i++) {
        union any_msg m;
        char raw[64];
        enum msg_kind k = (enum msg_kind)(1 + random_u64() % (MSG_COUNT - 1));

        random_bytes(raw, sizeof raw);
        for (size_t j = 1; j < sizeof raw && i % 2; j++) /* small lengths, so that some of them fit */
            raw[j] &= 0x03;
        if (msg_decode(k, str_n(raw, random_u64() % sizeof raw), &m) != ST_OK)
            CHECK(err_get()->st == ST_SYNTAX);
    }
}

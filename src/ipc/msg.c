/* Encoder and decoder of each row of messages.def: two functions a row, made by the preprocessor, and a table of them. */
#include "ipc/msg.h"

#include "base/limits.h"
#include "ipc/lists.h"

/* A text above its maximum makes the buffer overflow, so that it is asked once at the end. */
static void put_txt(struct buf *b, struct str s, size_t max)
{
    if (s.n > max)
        b->over = true;
    else
        rec_put_str(b, s);
}

#define U8(n) rec_put_u8(b, m->n);
#define STATUS(n) rec_put_u8(b, m->n);
#define U32(n) rec_put_u32(b, m->n);
#define U64(n) rec_put_u64(b, m->n);
#define TXT(n, max) put_txt(b, m->n, max);
#define LIMITS(n) limits_put(b, &m->n);
#define MSG(name, way, text, fields)                                                                                   \
    static void put_##name(struct buf *b, const void *msg)                                                             \
    {                                                                                                                  \
        const struct msg_##name *m = msg;                                                                              \
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

static uint8_t get_status(struct rec *r)
{
    uint8_t v = rec_u8(r);

    rec_need(r, v < ST_COUNT);
    return v;
}

#define U8(n) m->n = rec_u8(r);
#define STATUS(n) m->n = get_status(r);
#define U32(n) m->n = rec_u32(r);
#define U64(n) m->n = rec_u64(r);
#define TXT(n, max) m->n = rec_str(r, max);
#define LIMITS(n) limits_get(r, &m->n);
#define MSG(name, way, text, fields)                                                                                   \
    static void get_##name(struct rec *r, void *msg)                                                                   \
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

union any_msg {
#define MSG(name, way, text, fields) struct msg_##name name;
#include "ipc/messages.def"
#undef MSG
};

static const struct row {
    const char *name;
    size_t size;
    void (*put)(struct buf *b, const void *msg);
    void (*get)(struct rec *r, void *msg);
} rows[MSG_COUNT] = {
    [MSG_NONE] = {.name = "none"},
#define MSG(name, way, text, fields) [MSG_##name] = {#name, sizeof(struct msg_##name), put_##name, get_##name},
#include "ipc/messages.def"
#undef MSG
};

const char *msg_name(enum msg_kind k)
{
    return (unsigned)k < MSG_COUNT ? rows[k].name : "unknown";
}
bool msg_is_ask(enum msg_kind k)
{
    return str_ends(str_z(msg_name(k)), STR("_ask"));
}
bool msg_is_answer(enum msg_kind k)
{
    return str_ends(str_z(msg_name(k)), STR("_answer"));
}
size_t msg_struct_size(enum msg_kind k)
{
    return (unsigned)k < MSG_COUNT ? rows[k].size : 0;
}

enum st msg_encode(enum msg_kind k, const void *msg, struct buf *out)
{
    size_t before = out->n;

    if (k == MSG_NONE || (unsigned)k >= MSG_COUNT)
        return FAIL(ST_INTERNAL, "no message has the number %u", (unsigned)k);
    TRY(buf_check(out));
    rows[k].put(out, msg);
    if (!out->over && out->n - before <= LIMIT_IPC_FRAME)
        return ST_OK;
    out->n = before;
    out->over = false;
    return FAIL(ST_LIMIT, "%s does not fit a frame", rows[k].name);
}

enum st msg_decode(enum msg_kind k, struct str frame, void *out_msg)
{
    struct rec r = rec_of(frame);
    union any_msg m = {0};

    if (k == MSG_NONE || (unsigned)k >= MSG_COUNT)
        return FAIL(ST_SYNTAX, "no message has the number %u", (unsigned)k);
    rows[k].get(&r, &m);
    if (r.bad || rec_left(&r))
        return FAIL(ST_SYNTAX, "that is no %s", rows[k].name);
    memcpy(out_msg, &m, rows[k].size);
    return ST_OK;
}

/* The decoders of all messages and lists: the first byte names the kind (above the last: a list), the rest is the frame.
 * What decodes must encode to the very same bytes. */
#include "base/limits.h"
#include "base/must.h"
#include "ipc/lists.h"
#include "ipc/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_lists(struct str in)
{
    struct arena a = ARENA_INIT;
    struct rcpt_target *t;
    struct attribute *at;
    struct str *w;
    struct buf b;
    size_t n;

    buf_init(&b, LIMIT_IPC_FRAME * 2);
    if (rcpt_targets_get(in, &a, &t, &n) == ST_OK) {
        rcpt_targets_put(&b, t, n);
        must(str_eq(buf_str(&b), in));
    }
    buf_clear(&b);
    if (words_get(in, &a, 1000, &w, &n) == ST_OK) {
        words_put(&b, w, n);
        must(str_eq(buf_str(&b), in));
    }
    buf_clear(&b);
    if (attributes_get(in, &a, 100, &at, &n) == ST_OK) {
        attributes_put(&b, at, n);
        must(str_eq(buf_str(&b), in));
    }
    buf_fini(&b);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);
    enum msg_kind k = size ? (enum msg_kind)data[0] : MSG_NONE;
    union {
#define MSG(name, way, text, fields) struct msg_##name name;
#include "ipc/messages.def"
#undef MSG
    } m;
    struct buf b;

    if (size == 0 || size > LIMIT_IPC_FRAME)
        return 0;
    in = str_from(in, 1);
    if (k >= MSG_COUNT) {
        fuzz_lists(in);
        return 0;
    }
    if (msg_decode(k, in, &m) != ST_OK)
        return 0;
    buf_init(&b, LIMIT_IPC_FRAME * 2);
    must(msg_encode(k, &m, &b) == ST_OK && str_eq(buf_str(&b), in));
    buf_fini(&b);
    return 0;
}

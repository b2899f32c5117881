#include "admin/wire.h"

enum st wire_put(enum msg_kind kind, const void *msg, struct buf *out)
{
    size_t at = out->n;
    struct buf head;

    rec_put_u32(out, 0); /* its place; the length is known behind the message */
    TRY(buf_check(out));
    TRY(msg_encode(kind, msg, out));
    buf_init(&head, WIRE_HEAD);
    rec_put_u32(&head, (uint32_t)(out->n - at - WIRE_HEAD));
    memcpy(out->p + at, head.p, WIRE_HEAD);
    buf_fini(&head);
    return ST_OK;
}

enum st wire_take(enum msg_kind kind, struct str bytes, void *out_msg, size_t *out_used)
{
    struct rec r = rec_of(bytes);
    size_t n;

    *out_used = 0;
    if (bytes.n < WIRE_HEAD)
        return ST_OK;
    n = rec_u32(&r);
    if (n > WIRE_MAX - WIRE_HEAD)
        return FAIL(ST_SYNTAX, "a frame of %zu bytes", n);
    if (rec_left(&r) < n)
        return ST_OK;
    TRY(msg_decode(kind, str_sub(bytes, WIRE_HEAD, n), out_msg));
    *out_used = WIRE_HEAD + n;
    return ST_OK;
}

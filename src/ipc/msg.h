/* Messages as structs: struct msg_auth_ask and so on, with encoder and decoder, from the rows of
 * messages.def. A decoded message's texts are views into the frame. Every decoder treats its peer as
 * hostile: lengths are checked against the frame and the row's maximum, nothing may be left over. */
#pragma once

#include "base/account_limits.h"
#include "base/rec.h"

#define U8(n) uint8_t n;
#define STATUS(n) uint8_t n; /* an enum st */
#define U32(n) uint32_t n;
#define U64(n) uint64_t n;
#define TXT(n, max) struct str n;
#define LIMITS(n) struct account_limits n;
#define MSG(name, way, text, fields)                                                                                   \
    struct msg_##name {                                                                                                \
        fields                                                                                                         \
    };
#include "ipc/messages.def"
#undef MSG
#undef U8
#undef STATUS
#undef U32
#undef U64
#undef TXT
#undef LIMITS

enum msg_kind {
    MSG_NONE,
#define MSG(name, way, text, fields) MSG_##name,
#include "ipc/messages.def"
#undef MSG
    MSG_COUNT
};

const char *msg_name(enum msg_kind k);
bool msg_is_ask(enum msg_kind k);    /* its name ends in _ask */
bool msg_is_answer(enum msg_kind k); /* in _answer */

/* Adds the fields to `out`; `msg` is the struct of that kind. ST_LIMIT when a text is longer than its row says or the frame
 * gets too long; `out` is as it was then. */
enum st msg_encode(enum msg_kind k, const void *msg, struct buf *out) MUST_USE;
/* ST_SYNTAX for anything that isn't exactly such a message. */
enum st msg_decode(enum msg_kind k, struct str frame, void *out_msg) MUST_USE;
size_t msg_struct_size(enum msg_kind k);

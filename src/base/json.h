/* Writes JSON (RFC 8259) into a buffer as it goes; commas come by themselves. Bytes that are no
 * UTF-8 are written as U+FFFD. Reading is jansson's work, in the command line only. */
#pragma once

#include "base/buf.h"

#define JSON_DEPTH_MAX 32

struct json {
    struct buf *out;
    unsigned depth;
    bool filled[JSON_DEPTH_MAX]; /* something stands in the object or array of this depth */
    bool after_key;
};

void json_init(struct json *j, struct buf *out);
/* jansson has functions of the same names: ours are other symbols, so that a program may hold both (a file may not). */
#define JSON_SYMBOL(name) __asm__("restante_" name)
void json_object(struct json *j) JSON_SYMBOL("json_object");
void json_object_end(struct json *j);
void json_array(struct json *j) JSON_SYMBOL("json_array");
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, struct str s);
void json_u64(struct json *j, uint64_t v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j) JSON_SYMBOL("json_null");
/* Values, or members with their keys, that were written elsewhere, with commas between them; nothing when empty. */
void json_raw(struct json *j, struct str values);

/* Key and value together. */
void json_kv_str(struct json *j, const char *key, struct str s);
void json_kv_u64(struct json *j, const char *key, uint64_t v);
void json_kv_i64(struct json *j, const char *key, int64_t v);
void json_kv_bool(struct json *j, const char *key, bool v);

/* One thing that happened to a letter, as it is kept (docs/formats/store.md, Trace), and by what it is found. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define TRACE_EVENT_MAX 16384 /* bytes */
#define TRACE_VALUE_MAX 1024  /* of one field; longer ones are cut */
#define TRACE_ITEMS_MAX 400
#define TRACE_RCPTS_MAX 50 /* recipients that one event names; of more it says how many there were */
#define TRACE_HASHES_MAX (2 * TRACE_RCPTS_MAX + 6)

enum trace_kind {
#define TRACE_KIND(name, number, word, text) TRACE_##name = number,
#include "mail/trace_kinds.def"
#undef TRACE_KIND
};

enum trace_field {
#define TRACE_FIELD(name, number, word, kind) TRACE_F_##name = number,
#include "mail/trace_fields.def"
#undef TRACE_FIELD
};

struct trace_item {
    enum trace_field field;
    struct str value;
};

struct trace_event {
    enum trace_kind kind;
    uint64_t letter;     /* its id: that of its Received line */
    uint64_t message_id; /* hash (mime_id_hash); 0: none, or not known here */
    uint64_t at_us;
    struct trace_item items[TRACE_ITEMS_MAX];
    size_t n;
    size_t size; /* of its bytes, when it was read */
};

/* Adds a field, unless the value is empty or there are too many. The value is a view. */
void trace_event_add(struct trace_event *e, enum trace_field field, struct str value);
bool trace_field_of(struct str word, enum trace_field *out); /* false: no such field */
const char *trace_field_word(enum trace_field field);        /* NULL: none */
const char *trace_kind_word(enum trace_kind kind);
bool trace_field_begins(enum trace_field field); /* a recipient */

/* At most TRACE_EVENT_MAX bytes: fields that do not fit are left out. */
void trace_event_put(struct buf *b, const struct trace_event *e);
/* Views of the bytes; what stands behind the event is not looked at. Fields of numbers that are not known are left out. */
enum st trace_event_get(struct str bytes, struct trace_event *out) MUST_USE;

/* What it is found by. */
uint64_t trace_hash_letter(uint64_t letter);
uint64_t trace_hash_message(uint64_t message_id);
uint64_t trace_hash_queue(struct str id);        /* 16 hexadecimal digits */
uint64_t trace_hash_address(struct str address); /* case does not matter */
size_t trace_event_hashes(const struct trace_event *e, uint64_t out[TRACE_HASHES_MAX]);

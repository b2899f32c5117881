#include "mail/trace_event.h"

#include "base/rec.h"
#include "mime/record.h"

#define VERSION 1u
#define HEAD_BYTES (2 + 3 * 8 + 2)

enum field_kind { TEXT, ADDRESS, LIST, QUEUE };

static const struct {
    enum trace_field field;
    const char *word;
    enum field_kind kind;
} fields[] = {
#define TRACE_FIELD(name, number, word, kind) {TRACE_F_##name, word, kind},
#include "mail/trace_fields.def"
#undef TRACE_FIELD
};

const char *trace_field_word(enum trace_field field)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].field == field)
            return fields[i].word;
    return NULL;
}

static enum field_kind kind_of(enum trace_field field)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].field == field)
            return fields[i].kind;
    return TEXT;
}

bool trace_field_begins(enum trace_field field)
{
    return kind_of(field) == LIST;
}

bool trace_field_of(struct str word, enum trace_field *out)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_eq(str_z(fields[i].word), word)) {
            *out = fields[i].field;
            return true;
        }
    return false;
}

const char *trace_kind_word(enum trace_kind kind)
{
    switch (kind) {
#define TRACE_KIND(name, number, word, text)                                                                           \
    case TRACE_##name:                                                                                                 \
        return word;
#include "mail/trace_kinds.def"
#undef TRACE_KIND
    }
    return "unknown";
}

void trace_event_add(struct trace_event *e, enum trace_field field, struct str value)
{
    if (value.n && e->n < TRACE_ITEMS_MAX)
        e->items[e->n++] = (struct trace_item){field, str_sub(value, 0, TRACE_VALUE_MAX)};
}

void trace_event_put(struct buf *b, const struct trace_event *e)
{
    size_t n = 0, bytes = HEAD_BYTES;

    while (n < e->n && bytes + 3 + e->items[n].value.n <= TRACE_EVENT_MAX)
        bytes += 3 + e->items[n++].value.n;
    rec_put_u8(b, VERSION);
    rec_put_u8(b, (uint8_t)e->kind);
    rec_put_u64(b, e->at_us);
    rec_put_u64(b, e->letter);
    rec_put_u64(b, e->message_id);
    rec_put_u16(b, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        rec_put_u8(b, (uint8_t)e->items[i].field);
        rec_put_u16(b, (uint16_t)e->items[i].value.n);
        buf_add(b, e->items[i].value);
    }
}

enum st trace_event_get(struct str bytes, struct trace_event *out)
{
    struct rec r = rec_of(bytes);
    struct trace_event e = {0};
    uint16_t n;

    rec_need(&r, rec_u8(&r) == VERSION);
    e.kind = rec_u8(&r);
    e.at_us = rec_u64(&r);
    e.letter = rec_u64(&r);
    e.message_id = rec_u64(&r);
    n = rec_u16(&r);
    rec_need(&r, n <= TRACE_ITEMS_MAX);
    for (uint16_t i = 0; i < n && !r.bad; i++) {
        enum trace_field field = rec_u8(&r);
        uint16_t size = rec_u16(&r);
        struct str value;

        rec_need(&r, size > 0 && size <= TRACE_VALUE_MAX);
        value = rec_bytes(&r, r.bad ? 0 : size);
        if (!r.bad && trace_field_word(field))
            trace_event_add(&e, field, value);
    }
    if (r.bad)
        return FAIL(ST_CORRUPT, "an event of the trace is damaged");
    e.size = bytes.n - rec_left(&r);
    *out = e;
    return ST_OK;
}

/* --- what it is found by ------------------------------------------------------------------------------------------ */

static uint64_t mixed(uint64_t v, uint64_t salt)
{
    v = (v ^ salt) * 0x9e3779b97f4a7c15u;
    v = (v ^ v >> 32) * 0xd6e8feb86659fd93u;
    return v ^ v >> 32;
}

uint64_t trace_hash_letter(uint64_t letter)
{
    return mixed(letter, 1);
}

uint64_t trace_hash_message(uint64_t message_id)
{
    return mixed(message_id, 2);
}

uint64_t trace_hash_queue(struct str id)
{
    return mixed(mime_id_hash(id), 3);
}

uint64_t trace_hash_address(struct str address)
{
    char small[TRACE_VALUE_MAX];
    size_t n = MIN(address.n, sizeof small);

    for (size_t i = 0; i < n; i++)
        small[i] = ascii_lower(address.p[i]);
    return mixed(mime_id_hash(str_n(small, n)), 4);
}

static void add_hash(uint64_t *v, size_t *n, uint64_t hash)
{
    for (size_t i = 0; i < *n; i++)
        if (v[i] == hash)
            return;
    if (*n < TRACE_HASHES_MAX)
        v[(*n)++] = hash;
}

size_t trace_event_hashes(const struct trace_event *e, uint64_t out[TRACE_HASHES_MAX])
{
    size_t n = 0;

    add_hash(out, &n, trace_hash_letter(e->letter));
    if (e->message_id)
        add_hash(out, &n, trace_hash_message(e->message_id));
    for (size_t i = 0; i < e->n; i++) {
        enum field_kind kind = kind_of(e->items[i].field);

        if (kind == ADDRESS || kind == LIST)
            add_hash(out, &n, trace_hash_address(e->items[i].value));
        else if (kind == QUEUE)
            add_hash(out, &n, trace_hash_queue(e->items[i].value));
    }
    return n;
}

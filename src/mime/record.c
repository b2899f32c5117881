/* Reads the immutable record: checks bounds once, then hands out views and does the offset work of
 * IMAP's sections. Everything in here treats the bytes as hostile until mime_record_open said OK. */
#include "mime/record.h"
#include "base/must.h"
#include "base/rec.h"

#include <xxhash.h>

#define HEAD_SIZE 52
#define PART_SIZE 32
#define FIELD_SIZE 4
#define REF_SIZE 8

static uint64_t le(const char *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return v;
}

static const char *part_at(const struct mime_record *r, size_t i)
{
    must(i < r->n_parts);
    return r->parts + i * PART_SIZE;
}

struct mime_part mime_record_part(const struct mime_record *r, size_t i)
{
    const char *p = part_at(r, i);

    return (struct mime_part){
        .parent = (uint16_t)le(p, 2),
        .next = (uint16_t)le(p + 2, 2),
        .flags = (uint16_t)le(p + 4, 2),
        .encoding = (enum mime_encoding)p[6],
        .header_start = (uint32_t)le(p + 8, 4),
        .body_start = (uint32_t)le(p + 12, 4),
        .body_end = (uint32_t)le(p + 16, 4),
        .lines = (uint32_t)le(p + 20, 4),
    };
}

/* Where a part's extension data stands in BODYSTRUCTURE. */
static struct mime_span part_extension(const struct mime_record *r, size_t i)
{
    const char *p = part_at(r, i);

    return (struct mime_span){(uint32_t)le(p + 24, 4), (uint32_t)le(p + 28, 4)};
}

uint64_t mime_record_ref(const struct mime_record *r, size_t i)
{
    must(i < r->n_refs);
    return le(r->refs + i * REF_SIZE, REF_SIZE);
}

static bool is_part_good(const struct mime_record *r, size_t i)
{
    struct mime_part p = mime_record_part(r, i);
    struct mime_span ext = part_extension(r, i);

    if (i == 0 ? p.parent != 0 || p.next != r->n_parts || p.header_start != 0
               : p.parent >= i || p.next > mime_record_part(r, p.parent).next)
        return false;
    if (p.next <= i || p.next > r->n_parts || ((p.flags & MIME_PART_MESSAGE) && p.next == i + 1))
        return false;
    if ((p.flags & MIME_PART_MESSAGE) && (p.flags & MIME_PART_MULTIPART))
        return false;
    return (unsigned)p.encoding <= MIME_OTHER && p.header_start <= p.body_start && p.body_start <= p.body_end &&
           p.body_end <= r->size && ext.at <= r->bodystructure.n && ext.n <= r->bodystructure.n - ext.at;
}

/* The table of fields must stay within the header. */
static bool are_fields_good(const struct mime_record *r)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < r->n_fields; i++)
        sum += le(r->fields + i * FIELD_SIZE + 2, 2);
    return sum <= r->header_size;
}

static enum st check(const struct mime_record *r)
{
    bool good = r->n_parts > 0 && r->envelope.n >= 2 && r->bodystructure.n >= 2 && are_fields_good(r);

    for (size_t i = 0; good && i < r->n_parts; i++)
        good = is_part_good(r, i);
    return good ? ST_OK : FAIL(ST_CORRUPT, "the record of a letter contradicts itself");
}

enum st mime_record_open(struct str bytes, struct mime_record *out)
{
    struct mime_record m = {0};
    struct rec r = rec_of(bytes);
    size_t subject_n, from_n, to_n, cc_n, envelope_n, bodystructure_n;

    rec_need(&r, rec_u8(&r) == MIME_RECORD_VERSION);
    m.flags = rec_u8(&r);
    m.n_parts = rec_u16(&r);
    m.n_fields = rec_u16(&r);
    m.n_refs = rec_u16(&r);
    m.size = rec_u32(&r);
    m.sent_us = (int64_t)rec_u64(&r);
    m.zone = (int16_t)rec_u16(&r);
    subject_n = rec_u16(&r);
    from_n = rec_u8(&r);
    to_n = rec_u8(&r);
    cc_n = rec_u8(&r);
    rec_u8(&r);
    m.message_id_hash = rec_u64(&r);
    m.in_reply_to_hash = rec_u64(&r);
    envelope_n = rec_u32(&r);
    bodystructure_n = rec_u32(&r);
    m.parts = rec_bytes(&r, (size_t)m.n_parts * PART_SIZE).p;
    m.fields = rec_bytes(&r, (size_t)m.n_fields * FIELD_SIZE).p;
    m.refs = rec_bytes(&r, (size_t)m.n_refs * REF_SIZE).p;
    m.base_subject = rec_bytes(&r, subject_n);
    m.from = rec_bytes(&r, from_n);
    m.to = rec_bytes(&r, to_n);
    m.cc = rec_bytes(&r, cc_n);
    m.envelope = rec_bytes(&r, envelope_n);
    m.bodystructure = rec_bytes(&r, bodystructure_n);
    TRY(rec_end(&r, "the record of a letter"));
    if (m.n_parts) {
        struct mime_part root = mime_record_part(&m, 0);

        m.header_size = root.body_start;
        m.body_lines = root.lines;
    }
    TRY(check(&m));
    *out = m;
    return ST_OK;
}

/* Extension data of nested parts stands in the order in which parts end, not in which they begin:
 * a part's own comes behind that of its descendants. */
static void add_part_body(const struct mime_record *r, size_t i, uint32_t *pos, struct buf *out)
{
    uint16_t open[LIMIT_MIME_DEPTH * 2 + 2];
    size_t n_open = 0, end = mime_record_part(r, i).next;

    while (i < end || n_open) {
        while (n_open && (i >= end || mime_record_part(r, open[n_open - 1]).next <= i)) {
            struct mime_span ext = part_extension(r, open[--n_open]);

            if (ext.at < *pos)
                continue;
            buf_add(out, str_sub(r->bodystructure, *pos, ext.at - *pos));
            *pos = ext.at + ext.n;
        }
        if (i >= end)
            continue;
        if (n_open == ARRAY_LEN(open))
            return; /* deeper than any record that we write */
        open[n_open++] = (uint16_t)i++;
    }
}

void mime_record_add_body(const struct mime_record *r, struct buf *out)
{
    uint32_t pos = 0;

    add_part_body(r, 0, &pos, out);
    buf_add(out, str_from(r->bodystructure, pos));
}

/* One step down a section's path. A multipart without parts has one in BODYSTRUCTURE all the same, since there must be one (RFC 3501
 * section 9, body-type-mpart): it is `out_empty`. */
static bool step_down(const struct mime_record *r, size_t *i, uint32_t k, bool first, bool *out_empty)
{
    struct mime_part p = mime_record_part(r, *i);
    size_t child;

    if (p.flags & MIME_PART_MESSAGE && !first)
        p = mime_record_part(r, ++*i);
    else if (!(p.flags & MIME_PART_MULTIPART) && !first)
        return false;
    if (!(p.flags & MIME_PART_MULTIPART))
        return k == 1;
    if (k == 1 && p.next == *i + 1) {
        *out_empty = true;
        return true;
    }
    for (child = *i + 1; k > 1 && child < p.next; k--)
        child = mime_record_part(r, child).next;
    *i = child;
    return k == 1 && child < p.next;
}

bool mime_record_has_global(const struct mime_record *r)
{
    static const struct str type = STR("\"message\" \"global\"");
    struct str rest = r->bodystructure;

    for (size_t at; (at = str_find(rest, '"')) < rest.n; rest = str_from(rest, at + 1))
        if (str_ieq(str_sub(rest, at, type.n), type))
            return true;
    return false;
}

enum st mime_record_section(const struct mime_record *r, const uint32_t *path, size_t depth, enum mime_section what,
                            struct mime_span *out, size_t *out_part)
{
    bool empty = false;
    struct mime_part p;
    size_t i = 0;

    for (size_t d = 0; d < depth; d++)
        if (empty || !step_down(r, &i, path[d], d == 0, &empty))
            return FAIL(ST_NOTFOUND, "the letter has no such part");
    if (empty && what != MIME_SECTION_ALL)
        return FAIL(ST_NOTFOUND, "that part is empty");
    if (empty) {
        if (out_part)
            *out_part = i;
        *out = (struct mime_span){mime_record_part(r, i).body_end, 0};
        return ST_OK;
    }
    if (depth && (what == MIME_SECTION_HEADER || what == MIME_SECTION_TEXT)) {
        if (!(mime_record_part(r, i).flags & MIME_PART_MESSAGE))
            return FAIL(ST_NOTFOUND, "that part is no letter");
        i++;
    }
    p = mime_record_part(r, i);
    if (out_part)
        *out_part = i;
    if (what == MIME_SECTION_HEADER || what == MIME_SECTION_MIME)
        *out = (struct mime_span){p.header_start, p.body_start - p.header_start};
    else if (depth == 0 && what == MIME_SECTION_ALL)
        *out = (struct mime_span){0, r->size};
    else
        *out = (struct mime_span){p.body_start, p.body_end - p.body_start};
    return ST_OK;
}

bool mime_record_field(const struct mime_record *r, struct mime_field_pos *pos)
{
    const char *f = r->fields + (size_t)pos->i * FIELD_SIZE;

    if (pos->i >= r->n_fields)
        return false;
    pos->i++;
    pos->at += pos->n;
    pos->hash = (uint16_t)le(f, 2);
    pos->n = (uint32_t)le(f + 2, 2);
    return true;
}

uint16_t mime_name_hash(struct str name)
{
    uint32_t h = 2166136261u; /* FNV-1a, folded to 16 bits */

    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)ascii_lower(name.p[i])) * 16777619u;
    h = (h ^ h >> 16) & 0xffff;
    return h ? (uint16_t)h : 1;
}

uint64_t mime_id_hash(struct str id)
{
    uint64_t h = XXH3_64bits(id.p, id.n);

    return h ? h : 1;
}

/* The fields of `prefix` in front of those of the record. False when they do not fit the table. */
static bool put_prefix_fields(struct str prefix, struct buf *fields, uint16_t *n)
{
    while (prefix.n) {
        size_t len = 0, colon;

        do
            len += MIN(str_find(str_from(prefix, len), '\n') + 1, prefix.n - len);
        while (len < prefix.n && (prefix.p[len] == ' ' || prefix.p[len] == '\t'));
        colon = str_find(str_n(prefix.p, len), ':');
        if (len > UINT16_MAX || *n == UINT16_MAX)
            return false;
        rec_put_u16(fields, colon < len ? mime_name_hash(str_trim(str_n(prefix.p, colon))) : 0);
        rec_put_u16(fields, (uint16_t)len);
        ++*n;
        prefix = str_from(prefix, len);
    }
    return true;
}

static void put_moved_part(const struct mime_record *r, size_t i, uint32_t by, struct buf *out)
{
    struct mime_part p = mime_record_part(r, i);
    const char *raw = part_at(r, i);

    buf_add(out, str_n(raw, 8));
    rec_put_u32(out, i ? p.header_start + by : 0);
    rec_put_u32(out, p.body_start + by);
    rec_put_u32(out, p.body_end + by);
    buf_add(out, str_n(raw + 20, PART_SIZE - 20));
}

enum st mime_record_prefix(const struct mime_record *r, struct str prefix, struct buf *out)
{
    const char *head = r->parts - HEAD_SIZE, *end = r->bodystructure.p + r->bodystructure.n;
    struct buf fields;
    uint16_t n = 0;
    bool fits;

    if (prefix.n > UINT32_MAX - r->size)
        return FAIL(ST_LIMIT, "the letter is too long");
    buf_init(&fields, LIMIT_MIME_RECORD);
    fits =
        !(r->flags & MIME_RECORD_NO_FIELDS) && put_prefix_fields(prefix, &fields, &n) && n <= UINT16_MAX - r->n_fields;
    rec_put_u8(out, MIME_RECORD_VERSION);
    rec_put_u8(out, (uint8_t)(r->flags | (fits ? 0 : MIME_RECORD_NO_FIELDS)));
    rec_put_u16(out, r->n_parts);
    rec_put_u16(out, fits ? (uint16_t)(n + r->n_fields) : 0);
    rec_put_u16(out, r->n_refs);
    rec_put_u32(out, r->size + (uint32_t)prefix.n);
    buf_add(out, str_n(head + 12, HEAD_SIZE - 12));
    for (size_t i = 0; i < r->n_parts; i++)
        put_moved_part(r, i, (uint32_t)prefix.n, out);
    if (fits) {
        buf_add(out, buf_str(&fields));
        buf_add(out, str_n(r->fields, (size_t)r->n_fields * FIELD_SIZE));
    }
    buf_add(out, str_n(r->refs, (size_t)(end - r->refs)));
    buf_fini(&fields);
    return buf_check(out);
}

/* Messages in few bytes, for images: column after column, each as the distance of its values from the least, in as many bytes as
 * the greatest distance takes. That is about half of what they take in memory, and is read back at the speed of memory. */
#include "mail/state.h"

#include "base/must.h"

#include <endian.h>

#define COLUMN_HEAD 9u /* bytes: width, least value */

/* --- one column ---------------------------------------------------------------------------------------- */

static void put_number(char *p, uint64_t v, unsigned width)
{
    v = htole64(v);
    memcpy(p, &v, width);
}

static void pack_column(const uint64_t *values, size_t n, struct buf *out)
{
    uint64_t least = UINT64_MAX, most = 0;
    unsigned width = 0;
    char *p;

    for (size_t i = 0; i < n; i++) {
        least = MIN(least, values[i]);
        most = MAX(most, values[i]);
    }
    while (width < 8 && (most - least) >> (8 * width))
        width++;
    rec_put_u8(out, (uint8_t)width);
    rec_put_u64(out, least);
    p = buf_space(out, n * width + 8);
    must(p);
    for (size_t i = 0; i < n; i++)
        put_number(p + i * width, values[i] - least, width);
    buf_added(out, n * width);
}

/* With a width that the compiler knows. */
static inline __attribute__((always_inline)) void unpack_words(const unsigned char *p, unsigned width, uint64_t least,
                                                               uint64_t *out, size_t n)
{
    uint64_t mask = width == 8 ? UINT64_MAX : (1ull << (8 * width)) - 1, v;

    for (size_t i = 0; i < n; i++) {
        memcpy(&v, p + i * width, 8);
        out[i] = least + (le64toh(v) & mask);
    }
}

/* Whole words are read as long as there are so many bytes left. */
static void unpack_numbers(const unsigned char *p, size_t bytes, unsigned width, uint64_t least, uint64_t *out,
                           size_t n)
{
    size_t whole = bytes < 8 ? 0 : MIN(n, (bytes - 8) / width + 1);
    uint64_t v;

    switch (width) {
    case 1: unpack_words(p, 1, least, out, whole); break;
    case 2: unpack_words(p, 2, least, out, whole); break;
    case 3: unpack_words(p, 3, least, out, whole); break;
    case 4: unpack_words(p, 4, least, out, whole); break;
    case 5: unpack_words(p, 5, least, out, whole); break;
    case 6: unpack_words(p, 6, least, out, whole); break;
    case 7: unpack_words(p, 7, least, out, whole); break;
    default: unpack_words(p, 8, least, out, whole); break;
    }
    for (size_t i = whole; i < n; i++) {
        v = 0;
        memcpy(&v, p + i * width, width);
        out[i] = least + le64toh(v);
    }
}

static void unpack_column(struct rec *r, uint64_t *out, size_t n)
{
    unsigned width = rec_u8(r);
    uint64_t least = rec_u64(r);
    struct str bytes;

    rec_need(r, width <= 8);
    bytes = rec_bytes(r, r->bad ? 0 : n * width);
    if (r->bad)
        return;
    if (width)
        unpack_numbers((const unsigned char *)bytes.p, bytes.n, width, least, out, n);
    for (size_t i = 0; !width && i < n; i++)
        out[i] = least;
}

/* --- all of them ------------------------------------------------------------------------------------------ */

#define PACK(array)                                                                                                    \
    do {                                                                                                               \
        for (size_t i = 0; i < n; i++)                                                                                 \
            values[i] = (array)[from + i];                                                                             \
        pack_column(values, n, out);                                                                                   \
    } while (0)

void messages_pack(const struct messages *m, size_t from, size_t n, struct buf *out)
{
    uint64_t *values = mem_new(PACK_MOST * sizeof *values);

    must(n <= PACK_MOST && from + n <= m->n);
    rec_put_u32(out, (uint32_t)n);
    PACK(m->uid);
    PACK(m->size);
    PACK(m->flags);
    PACK(m->keywords);
    PACK(m->modseq);
    PACK(m->internal_date);
    PACK(m->save_date);
    PACK(m->email);
    PACK(m->blob);
    mem_free(values);
}

#define UNPACK_NARROW(array, type)                                                                                     \
    do {                                                                                                               \
        unpack_column(&r, values, n);                                                                                  \
        for (size_t i = 0; i < n && !r.bad; i++) {                                                                     \
            (array)[m->n + i] = (type)values[i];                                                                       \
            over |= values[i] > (type)UINT64_MAX;                                                                      \
        }                                                                                                              \
    } while (0)

static bool is_ascending(const struct messages *m, size_t n)
{
    uint32_t last = m->n ? m->uid[m->n - 1] : 0;

    for (size_t i = 0; i < n; i++) {
        if (m->uid[m->n + i] <= last)
            return false;
        last = m->uid[m->n + i];
    }
    return true;
}

enum st messages_unpack(struct messages *m, struct str bytes)
{
    struct rec r = rec_of(bytes);
    uint32_t n = rec_u32(&r);
    uint64_t *values;
    bool over = false;

    rec_need(&r, n && n <= PACK_MOST);
    if (r.bad)
        return rec_end(&r, "packed messages");
    messages_room(m, m->n + n);
    values = mem_new(n * sizeof *values);
    UNPACK_NARROW(m->uid, uint32_t);
    UNPACK_NARROW(m->size, uint32_t);
    UNPACK_NARROW(m->flags, uint8_t);
    mem_free(values);
    unpack_column(&r, m->keywords + m->n, n);
    unpack_column(&r, m->modseq + m->n, n);
    unpack_column(&r, m->internal_date + m->n, n);
    unpack_column(&r, m->save_date + m->n, n);
    unpack_column(&r, m->email + m->n, n);
    unpack_column(&r, m->blob + m->n, n);
    rec_need(&r, !over && !r.bad && is_ascending(m, n));
    TRY(rec_end(&r, "packed messages"));
    m->n += n;
    return ST_OK;
}

/* JSON to text for people: what is an array of objects becomes a table, the rest "key: value" lines. Nothing here knows any
 * command. Control characters never reach the terminal. */
#include "admin/admin.h"

#include <jansson.h>

#define COLUMNS_MAX 24
#define WIDTH_MAX 120

static void add_clean(struct buf *b, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        /* U+0080 to U+009F are control characters too */
        bool c1 = c == 0xc2 && i + 1 < n && (unsigned char)p[i + 1] < 0xa0;

        if (c < 0x20 || c == 0x7f || c1)
            buf_addc(b, '?');
        else
            buf_addc(b, p[i]);
        i += c1;
    }
}

static void add_bytes(struct buf *b, uint64_t v)
{
    static const char units[] = " KMGTP";
    unsigned u = 0;

    while (u < 5 && v >= 1024 && v % 1024 == 0) {
        v /= 1024;
        u++;
    }
    buf_add_u64(b, v);
    if (u)
        buf_addc(b, units[u]);
}

static void add_value(struct buf *b, const char *key, const json_t *v)
{
    size_t i;
    const json_t *item;

    if (json_is_string(v))
        add_clean(b, json_string_value(v), json_string_length(v));
    else if (json_is_integer(v) && str_ends(str_z(key), STR("_bytes")))
        add_bytes(b, (uint64_t)json_integer_value(v));
    else if (json_is_integer(v))
        buf_addf(b, "%lld", (long long)json_integer_value(v));
    else if (json_is_boolean(v))
        buf_addz(b, json_is_true(v) ? "yes" : "no");
    else if (json_is_array(v))
        json_array_foreach(v, i, item)
        {
            if (i)
                buf_addz(b, ", ");
            add_value(b, key, item);
        }
    else
        buf_addc(b, '-');
}

/* "quota_bytes" to "quota". */
static struct str title(const char *key)
{
    struct str t = str_z(key);

    return str_ends(t, STR("_bytes")) ? str_sub(t, 0, t.n - 6) : t;
}

static void add_title(struct buf *b, const char *key, bool upper)
{
    struct str t = title(key);

    for (size_t i = 0; i < t.n; i++)
        buf_addc(b, t.p[i] == '_' ? ' ' : upper ? ascii_upper(t.p[i]) : t.p[i]);
}

/* Characters, not bytes. */
static size_t width(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static void pad(struct buf *b, size_t from, size_t to)
{
    while (from++ < to)
        buf_addc(b, ' ');
}

static size_t cell(struct buf *b, const json_t *row, const char *key)
{
    size_t at = b->n;

    add_value(b, key, json_object_get(row, key));
    if (b->n == at)
        buf_addc(b, '-');
    return width(str_n(b->p + at, b->n - at));
}

static void table(struct buf *out, const json_t *rows)
{
    const char *keys[COLUMNS_MAX], *key;
    size_t widths[COLUMNS_MAX], n = 0, i;
    const json_t *row, *value;
    struct buf scratch;

    json_object_foreach((json_t *)(uintptr_t)json_array_get(rows, 0), key, value)
    {
        if (n < COLUMNS_MAX && !json_is_object(value)) { /* for programs */
            keys[n] = key;
            widths[n++] = width(title(key));
        }
    }
    buf_init(&scratch, ADMIN_ANSWER_MAX);
    json_array_foreach(rows, i, row) for (size_t k = 0; k < n; k++)
    {
        buf_clear(&scratch);
        widths[k] = MIN(MAX(widths[k], cell(&scratch, row, keys[k])), (size_t)WIDTH_MAX);
    }
    buf_fini(&scratch);
    for (size_t k = 0; k < n; k++) {
        add_title(out, keys[k], true);
        if (k + 1 < n)
            pad(out, width(title(keys[k])), widths[k] + 2);
    }
    buf_addc(out, '\n');
    json_array_foreach(rows, i, row)
    {
        for (size_t k = 0; k < n; k++) {
            size_t w = cell(out, row, keys[k]);

            if (k + 1 < n)
                pad(out, w, MAX(widths[k], w) + 2);
        }
        buf_addc(out, '\n');
    }
}

static bool is_table(const json_t *v)
{
    return json_is_array(v) && (json_array_size(v) == 0 || json_is_object(json_array_get(v, 0)));
}

static void object(struct buf *out, json_t *o)
{
    const char *key;
    json_t *value;
    size_t widest = 0;
    bool has_lines = false;

    json_object_foreach(o, key, value) if (!is_table(value)) widest = MAX(widest, title(key).n);
    json_object_foreach(o, key, value)
    {
        if (is_table(value))
            continue;
        has_lines = true;
        add_title(out, key, false);
        buf_addc(out, ':');
        pad(out, title(key).n, widest + 1);
        add_value(out, key, value);
        buf_addc(out, '\n');
    }
    json_object_foreach(o, key, value)
    {
        if (!is_table(value))
            continue;
        if (json_array_size(value) == 0 && has_lines)
            continue;
        if (has_lines)
            buf_addc(out, '\n');
        if (json_array_size(value) == 0)
            buf_addf(out, "no %.*s\n", STR_ARGS(title(key)));
        else
            table(out, value);
    }
}

enum st admin_render(struct str json, struct buf *out)
{
    json_error_t why;
    json_t *o;

    if (json.n == 0)
        return ST_OK;
    o = json_loadb(json.p, json.n, 0, &why);
    if (!o)
        return FAIL(ST_SYNTAX, "the answer is no JSON: byte %d", why.position);
    if (json_is_object(o))
        object(out, o);
    else if (json_is_array(o) && json_array_size(o))
        table(out, o);
    json_decref(o);
    return ST_OK;
}

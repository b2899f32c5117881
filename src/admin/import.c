#include "admin/import.h"

#include "base/rec.h"

#include <jansson.h>

#define LINE_MAX_BYTES 16384

static const struct {
    const char *name;
    size_t at, max;
} members[] = {
    {"address", offsetof(struct admin_entry, address), 1024},
    {"password", offsetof(struct admin_entry, password), 1024},
    {"hash", offsetof(struct admin_entry, hash), 400},
    {"name", offsetof(struct admin_entry, name), 1024},
    {"quota", offsetof(struct admin_entry, quota), 32},
    {"quota_messages", offsetof(struct admin_entry, quota_messages), 32},
};

static struct str *member(struct admin_entry *e, size_t i)
{
    return (struct str *)(void *)((char *)e + members[i].at);
}

void admin_entry_put(struct buf *b, const struct admin_entry *e)
{
    struct admin_entry copy = *e;

    rec_put_u32(b, e->line);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        rec_put_str(b, *member(&copy, i));
}

enum st admin_entries_get(struct str bytes, struct arena *a, struct admin_entry **out, size_t *out_n)
{
    struct admin_entry *list = ARENA_ARRAY(a, struct admin_entry, ADMIN_ENTRIES_MAX);
    struct rec r = rec_of(bytes);
    size_t n = 0;

    while (rec_left(&r) && !r.bad && n < ADMIN_ENTRIES_MAX) {
        struct admin_entry *e = &list[n++];

        e->line = rec_u32(&r);
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            *member(e, i) = rec_str(&r, members[i].max);
    }
    if (rec_end(&r, "import") != ST_OK)
        return FAIL(ST_SYNTAX, "the accounts to import came malformed");
    *out = list;
    *out_n = n;
    return ST_OK;
}

/* --- CSV -------------------------------------------------------------------------------------------- */

/* The next field, unquoted, and whether it was the line's last. Lines within quotes are counted. */
static enum st field(struct admin_import *im, struct arena *a, struct str *out, bool *out_last)
{
    struct buf b;
    size_t i = 0;
    struct str s = im->rest;
    enum st st = ST_OK;

    buf_init(&b, LINE_MAX_BYTES);
    if (s.n && s.p[0] == '"') {
        for (i = 1; i < s.n && (s.p[i] != '"' || (i + 1 < s.n && s.p[i + 1] == '"')); i++) {
            i += s.p[i] == '"';
            im->line += s.p[i] == '\n';
            buf_addc(&b, s.p[i]);
        }
        if (i++ >= s.n)
            st = FAIL(ST_SYNTAX, "a quote is not closed");
    } else {
        while (i < s.n && s.p[i] != ',' && s.p[i] != '\n')
            buf_addc(&b, s.p[i++]);
        while (b.n && b.p[b.n - 1] == '\r')
            b.n--;
    }
    if (i < s.n && s.p[i] == '\r')
        i++;
    if (st == ST_OK && i < s.n && s.p[i] != ',' && s.p[i] != '\n')
        st = FAIL(ST_SYNTAX, "something stands behind a closing quote");
    *out_last = i >= s.n || s.p[i] != ',';
    if (st == ST_OK && b.over)
        st = FAIL(ST_SYNTAX, "a field is too long");
    im->rest = str_from(s, MIN(st == ST_OK ? i + 1 : i, s.n)); /* a bad line is skipped from where it went wrong */
    if (st == ST_OK)
        *out = str_trim(arena_str(a, buf_str(&b)));
    buf_fini(&b);
    return st;
}

static void skip_line(struct admin_import *im)
{
    size_t end = str_find(im->rest, '\n');

    im->rest = str_from(im->rest, MIN(end + 1, im->rest.n));
}

static enum st csv_head(struct admin_import *im, struct arena *a)
{
    bool last = false, has_address = false;
    struct str name;

    im->line = 1;
    while (!last) {
        int found = -1;

        TRY(field(im, a, &name, &last));
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            if (str_ieq(name, str_z(members[i].name)))
                found = (int)i;
        if (found < 0 || im->n_columns == ARRAY_LEN(im->columns))
            return FAIL(ST_SYNTAX,
                        "line 1: a column is \"%.*s\"; there are address, password, hash, name, quota, quota_messages",
                        STR_ARGS(name));
        has_address = has_address || found == 0;
        im->columns[im->n_columns++] = found;
    }
    if (!has_address)
        return FAIL(ST_SYNTAX, "line 1: there is no column named address");
    return ST_OK;
}

static enum st csv_line(struct admin_import *im, struct arena *a, struct admin_entry *out)
{
    bool last = false;
    struct str text;
    size_t n = 0;

    for (; !last; n++) {
        enum st st = field(im, a, &text, &last);

        if (st != ST_OK) {
            skip_line(im);
            return st;
        }
        if (n < im->n_columns)
            *member(out, (size_t)im->columns[n]) = text;
    }
    if (n != im->n_columns)
        return FAIL(ST_SYNTAX, "the line has %zu fields, the first line %zu", n, im->n_columns);
    return ST_OK;
}

/* --- JSON lines ------------------------------------------------------------------------------------------ */

static enum st json_member(json_t *v, struct arena *a, struct str *out)
{
    if (json_is_string(v))
        *out = arena_str(a, str_n(json_string_value(v), json_string_length(v)));
    else if (json_is_integer(v) && json_integer_value(v) >= 0)
        *out = arena_printf(a, "%llu", (unsigned long long)json_integer_value(v));
    else if (!json_is_null(v))
        return FAIL(ST_SYNTAX, "members are text or numbers");
    return ST_OK;
}

static enum st json_line(struct str line, struct arena *a, struct admin_entry *out)
{
    json_error_t why;
    json_t *o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &why), *value;
    const char *key;
    enum st st = ST_OK;

    if (!o)
        return FAIL(ST_SYNTAX, "it is no JSON: column %d", why.column);
    if (!json_is_object(o))
        st = FAIL(ST_SYNTAX, "it is no JSON object");
    json_object_foreach(o, key, value)
    {
        size_t i = 0;

        while (i < ARRAY_LEN(members) && strcmp(members[i].name, key) != 0)
            i++;
        if (st == ST_OK && i == ARRAY_LEN(members))
            st = FAIL(ST_SYNTAX,
                      "a member is \"%.40s\"; there are address, password, hash, name, quota, quota_messages", key);
        if (st == ST_OK)
            st = json_member(value, a, member(out, i));
    }
    json_decref(o);
    return st;
}

/* --- both ------------------------------------------------------------------------------------------------- */

enum st admin_import_begin(struct admin_import *im, struct arena *a, struct str text)
{
    if (str_starts(text, STR("\xef\xbb\xbf"))) /* spreadsheets begin with it */
        text = str_from(text, 3);
    *im = (struct admin_import){.rest = text};
    im->is_csv = str_trim(text).n && str_trim(text).p[0] != '{';
    return im->is_csv ? csv_head(im, a) : ST_OK;
}

enum st admin_import_next(struct admin_import *im, struct arena *a, struct admin_entry *out)
{
    struct admin_entry e = {0};
    struct str line;

    do {
        if (im->rest.n == 0)
            return ST_EOF;
        im->line++;
        line = str_trim(str_sub(im->rest, 0, str_find(im->rest, '\n')));
        if (line.n == 0 || !im->is_csv)
            skip_line(im);
    } while (line.n == 0);
    e.line = im->line;
    if (im->is_csv)
        TRY(csv_line(im, a, &e));
    else if (line.n > LINE_MAX_BYTES)
        return FAIL(ST_SYNTAX, "the line is too long");
    else
        TRY(json_line(line, a, &e));
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (member(&e, i)->n > members[i].max)
            return FAIL(ST_SYNTAX, "%s is too long", members[i].name);
    *out = e;
    return ST_OK;
}

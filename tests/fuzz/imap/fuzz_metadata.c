/* The arguments of GETMETADATA and SETMETADATA, and texts of filters. The first byte chooses. What has been read is as small as it may be, names
 * are in small letters, and stand in a change once. */
#include "imap/cmd_metadata.c"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
};

static enum st line(void *arg, struct arena *a, struct str *out)
{
    struct input *in = arg;
    size_t lf = str_find(in->text, '\n');

    if (lf == in->text.n)
        return FAIL(ST_EOF, "end");
    *out = arena_str(a, str_sub(in->text, 0, lf));
    in->text = str_from(in->text, lf + 1);
    return ST_OK;
}

static enum st literal(void *arg, struct arena *a, size_t n, bool sync UNUSED, struct str *out)
{
    struct input *in = arg;

    if (n > in->text.n)
        return FAIL(ST_EOF, "end");
    *out = arena_str(a, str_sub(in->text, 0, n));
    in->text = str_from(in->text, n);
    return ST_OK;
}

static enum st skip(void *arg UNUSED, uint64_t n UNUSED)
{
    return FAIL(ST_EOF, "end");
}

static void check_name(struct str name)
{
    must(name.n <= LIMIT_NOTE_NAME && (!name.n || name.p[0] == '/'));
    for (size_t i = 0; i < name.n; i++)
        must(name.p[i] >= ' ' && name.p[i] <= '~' && !(name.p[i] >= 'A' && name.p[i] <= 'Z'));
}

static void check_get(struct imap_lexer *lx)
{
    struct getmetadata g;

    if (getmetadata_parse(lx, &g) != ST_OK)
        return;
    must(g.query.n > 0 && (g.query.depth <= 1 || g.query.depth == UINT32_MAX));
    for (size_t i = 0; i < g.query.n; i++)
        check_name(g.query.entries[i].name);
}

static void check_set(struct imap_lexer *lx)
{
    struct setmetadata m;

    if (setmetadata_parse(lx, &m) != ST_OK)
        return;
    for (size_t i = 0; i < m.change.n; i++) {
        check_name(m.notes[i].name);
        must(m.notes[i].value.n <= LIMIT_NOTE);
        for (size_t k = 0; k < i; k++)
            must(m.notes[i].is_private != m.notes[k].is_private || !str_eq(m.notes[i].name, m.notes[k].name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct input in = {str_n((const char *)data + 1, size - 1)};
    struct imap_source src = {.line = line,
                              .literal = literal,
                              .skip = skip,
                              .arg = &in,
                              .literal_max = LIMIT_IMAP_LITERAL,
                              .command_max = LIMIT_IMAP_COMMAND,
                              .skip_max = LIMIT_IMAP_COMMAND};
    struct arena a = ARENA_INIT;
    struct imap_lexer lx = {.src = &src, .arena = &a};

    if (data[0] % 3 == 2)
        IGNORE(imap_filter_check(&lx, in.text));
    else if (imap_lex_begin(&lx, &src, &a) == ST_OK)
        data[0] % 3 ? check_set(&lx) : check_get(&lx);
    arena_fini(&a);
    return 0;
}

/* A command's lines and literals from memory, for drivers of parsers. */
#pragma once

#include "imap/lexer.h"

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

static enum st skip(void *arg, uint64_t n)
{
    struct input *in = arg;

    if (n > in->text.n)
        return FAIL(ST_EOF, "end");
    in->text = str_from(in->text, (size_t)n);
    return ST_OK;
}

static struct imap_source memory_source(struct input *in)
{
    return (struct imap_source){.line = line,
                                .literal = literal,
                                .skip = skip,
                                .arg = in,
                                .literal_max = LIMIT_IMAP_LITERAL,
                                .command_max = LIMIT_IMAP_COMMAND,
                                .skip_max = LIMIT_IMAP_COMMAND};
}

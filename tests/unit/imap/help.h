/* A command's text in memory as the lexer's source: lines, literals, and its end wherever it was cut. */
#pragma once

#include "base/buf.h"
#include "imap/lexer.h"
#include "test.h"

struct memory {
    struct str text;
    size_t at;
    unsigned continuations; /* how often "+" would have been sent */
    struct imap_source src;
    struct imap_lexer lx;
    struct arena arena;
};

static enum st memory_line(void *arg, struct arena *a, struct str *out)
{
    struct memory *m = arg;
    struct str rest = str_from(m->text, m->at), line;
    size_t lf = str_find(rest, '\n');

    if (lf == rest.n)
        return FAIL(ST_EOF, "cut");
    m->at += lf + 1;
    line = str_sub(rest, 0, lf);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    *out = arena_str(a, line);
    return ST_OK;
}

static enum st memory_literal(void *arg, struct arena *a, size_t n, bool sync, struct str *out)
{
    struct memory *m = arg;

    m->continuations += sync;
    if (n > m->text.n - m->at)
        return FAIL(ST_EOF, "cut");
    *out = arena_str(a, str_sub(m->text, m->at, n));
    m->at += n;
    return ST_OK;
}

static enum st memory_skip(void *arg, uint64_t n)
{
    struct memory *m = arg;

    if (n > m->text.n - m->at)
        return FAIL(ST_EOF, "cut");
    m->at += (size_t)n;
    return ST_OK;
}

/* The lexer at the start of `text`, which has its line ends. */
static enum st memory_begin(struct memory *m, struct str text)
{
    *m = (struct memory){.text = text};
    m->src = (struct imap_source){.line = memory_line,
                                  .literal = memory_literal,
                                  .skip = memory_skip,
                                  .arg = m,
                                  .literal_max = LIMIT_IMAP_LITERAL,
                                  .command_max = LIMIT_IMAP_COMMAND,
                                  .skip_max = 1000000};
    return imap_lex_begin(&m->lx, &m->src, &m->arena);
}

static void memory_end(struct memory *m)
{
    arena_fini(&m->arena);
}

/* PARSES(m, "text", call) { checks }: the parser takes the arguments, and does not take them cut at any place. */
#define PARSES(m, text_, call)                                                                                         \
    for (size_t cut_ = 0; cut_ < sizeof(text_ "\r\n") - 2; cut_++) {                                                   \
        struct str t_ = str_sub(STR(text_ "\r\n"), 0, cut_);                                                           \
        if (memory_begin(&(m), t_) == ST_OK)                                                                           \
            CHECK((call) != ST_OK);                                                                                    \
        memory_end(&(m));                                                                                              \
    }                                                                                                                  \
    for (int once_ = 1; once_; once_ = 0, memory_end(&(m)))                                                            \
        if (memory_begin(&(m), STR(text_ "\r\n")) != ST_OK || (call) != ST_OK) {                                       \
            test_ok = false;                                                                                           \
            printf("# %s:%d: \"%s\" was refused: %s\n", __FILE__, __LINE__, text_, err_get()->text);                   \
        } else

#define REFUSES(m, text_, call, st_)                                                                                   \
    do {                                                                                                               \
        CHECK_ST(memory_begin(&(m), STR(text_ "\r\n")), ST_OK);                                                        \
        CHECK_ST((call), (st_));                                                                                       \
        memory_end(&(m));                                                                                              \
    } while (0)

/* The lexer of the configuration file: words, "quoted words", braces, # comments. A word that is
 * not well-formed is one LEX_BAD token, and reading goes on behind it, so that all errors are found. */
#include "config/lex.h"

void lex_init(struct lex *l, struct arena *a, struct str text)
{
    *l = (struct lex){.arena = a, .text = text, .line = 1};
}

/* Columns are counted in characters: continuation bytes of UTF-8 do not count. */
static struct config_pos here(const struct lex *l)
{
    struct config_pos at = {l->line, 1};

    for (size_t i = l->line_start; i < l->i; i++)
        at.column += ((unsigned char)l->text.p[i] & 0xc0) != 0x80;
    return at;
}

static void skip_blanks(struct lex *l)
{
    for (; l->i < l->text.n; l->i++) {
        char c = l->text.p[l->i];

        if (c == '#')
            l->i += str_find(str_from(l->text, l->i), '\n');
        if (l->i >= l->text.n)
            return;
        c = l->text.p[l->i];
        if (c == '\n') {
            l->line++;
            l->line_start = l->i + 1;
        } else if (!ascii_is_space(c)) {
            return;
        }
    }
}

/* The quote has been seen. A word never runs over the end of its line: a forgotten quote is told at
 * its place. */
static void quoted_word(struct lex *l, struct lex_token *t)
{
    char *out = arena_alloc(l->arena, str_find(str_from(l->text, l->i), '\n') + 1);
    size_t n = 0;

    t->quoted = true;
    for (l->i++; l->i < l->text.n && l->text.p[l->i] != '\n'; l->i++) {
        char c = l->text.p[l->i];

        if (c == '"') {
            l->i++;
            t->word = str_n(out, n);
            return;
        }
        if (c == '\\' && l->i + 1 < l->text.n && (l->text.p[l->i + 1] == '"' || l->text.p[l->i + 1] == '\\'))
            c = l->text.p[++l->i];
        out[n++] = c;
    }
    t->kind = LEX_BAD;
    t->word = STR("a closing quote (\") is missing on this line");
}

static bool ends_word(char c)
{
    return ascii_is_space(c) || c == '{' || c == '}';
}

static void plain_word(struct lex *l, struct lex_token *t)
{
    size_t start = l->i;

    while (l->i < l->text.n && !ends_word(l->text.p[l->i])) {
        if (l->text.p[l->i] == '"' || l->text.p[l->i] == '#')
            t->kind = LEX_BAD;
        l->i++;
    }
    t->word = t->kind == LEX_BAD ? STR("\" or # in the middle of a word: put the whole word into \"quotes\"")
                                 : str_sub(l->text, start, l->i - start);
}

/* Bytes that are no text, wherever they stand in a word. */
static void check_bytes(struct lex_token *t)
{
    for (size_t i = 0; i < t->word.n; i++) {
        if ((unsigned char)t->word.p[i] < ' ' || t->word.p[i] == 0x7f) {
            t->kind = LEX_BAD;
            t->word = STR("a control character in a word: this is a text file");
            return;
        }
    }
    if (!str_is_utf8(t->word)) {
        t->kind = LEX_BAD;
        t->word = STR("bytes that are not UTF-8: save the file as UTF-8");
    }
}

struct lex_token lex_next(struct lex *l)
{
    struct lex_token t = {.kind = LEX_WORD};
    char c;

    skip_blanks(l);
    t.at = here(l);
    if (l->i >= l->text.n) {
        t.kind = LEX_END;
        return t;
    }
    c = l->text.p[l->i];
    if (c == '{' || c == '}') {
        t.kind = c == '{' ? LEX_OPEN : LEX_CLOSE;
        l->i++;
        return t;
    }
    if (c == '"')
        quoted_word(l, &t);
    else
        plain_word(l, &t);
    if (t.kind == LEX_WORD)
        check_bytes(&t);
    return t;
}

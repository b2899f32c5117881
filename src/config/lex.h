/* The words of the configuration file's text, with the place of each. Comments and blanks vanish;
 * ends of lines show in the places only. Bounded by the text, allocates only for quoted words. */
#pragma once

#include "config/config.h"

enum lex_kind { LEX_WORD, LEX_OPEN, LEX_CLOSE, LEX_END, LEX_BAD };

struct lex_token {
    enum lex_kind kind;
    struct str word; /* LEX_WORD: without its quotes; LEX_BAD: what is wrong with it */
    bool quoted;
    struct config_pos at;
};

struct lex {
    struct arena *arena;
    struct str text;
    size_t i;
    uint32_t line;
    size_t line_start;
};

void lex_init(struct lex *l, struct arena *a, struct str text);
struct lex_token lex_next(struct lex *l); /* LEX_END again and again at the end */

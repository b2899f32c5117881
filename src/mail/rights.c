#include "mail/rights.h"

static const struct {
    char letter;
    uint32_t bits;
    bool is_virtual;
} letters[] = {
    {'l', RIGHT_LOOKUP, false},
    {'r', RIGHT_READ, false},
    {'s', RIGHT_SEEN, false},
    {'w', RIGHT_WRITE, false},
    {'i', RIGHT_INSERT, false},
    {'p', RIGHT_POST, false},
    {'k', RIGHT_CREATE, false},
    {'x', RIGHT_REMOVE, false},
    {'t', RIGHT_DELETED, false},
    {'e', RIGHT_EXPUNGE, false},
    {'c', RIGHT_CREATE | RIGHT_REMOVE, true},   /* RFC 4314 section 2.1.1 */
    {'d', RIGHT_DELETED | RIGHT_EXPUNGE, true}, /* ditto */
    {'a', RIGHT_ADMINISTER, false},
};

enum st rights_read(struct str text, uint32_t *out)
{
    uint32_t rights = 0;

    for (size_t i = 0; i < text.n; i++) {
        uint32_t bits = 0;

        for (size_t k = 0; k < ARRAY_LEN(letters); k++)
            if (letters[k].letter == text.p[i])
                bits = letters[k].bits;
        if (!bits)
            return FAIL(ST_SYNTAX, "There is no such right; there are lrswipkxtea, and c for kx, d for te");
        rights |= bits;
    }
    *out = rights;
    return ST_OK;
}

struct str rights_text(struct arena *a, uint32_t rights)
{
    char *p = arena_alloc(a, ARRAY_LEN(letters));
    size_t n = 0;

    for (size_t k = 0; k < ARRAY_LEN(letters); k++)
        if (rights & letters[k].bits)
            p[n++] = letters[k].letter;
    return str_n(p, n);
}

enum st rights_change_read(struct str text, enum rights_how *out_how, uint32_t *out)
{
    enum rights_how how = str_starts(text, STR("+"))   ? RIGHTS_ADD
                          : str_starts(text, STR("-")) ? RIGHTS_REMOVE
                                                       : RIGHTS_SET;

    TRY(rights_read(how == RIGHTS_SET ? text : str_from(text, 1), out));
    *out_how = how;
    return ST_OK;
}

uint32_t rights_changed(uint32_t was, enum rights_how how, uint32_t by)
{
    return how == RIGHTS_ADD ? was | by : how == RIGHTS_REMOVE ? was & ~by : by;
}

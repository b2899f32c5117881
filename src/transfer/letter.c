#include "transfer/letter.h"

static const struct {
    char letter;
    uint32_t bit;
    const char *name;
} flags[] = {
    {'D', LETTER_DRAFT, "\\Draft"}, {'F', LETTER_FLAGGED, "\\Flagged"}, {'R', LETTER_ANSWERED, "\\Answered"},
    {'S', LETTER_SEEN, "\\Seen"},   {'T', LETTER_DELETED, "\\Deleted"},
};

uint32_t letter_flag_of(char c)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (flags[i].letter == c)
            return flags[i].bit;
    return 0;
}

void letter_add_flags(uint32_t bits, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (bits & flags[i].bit)
            buf_addc(out, flags[i].letter);
}

uint32_t letter_system_flag(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (str_ieq(name, str_z(flags[i].name)))
            return flags[i].bit;
    return 0;
}

/* Every LF has its CR, and no other CR stands before one: then LF alone says the same. */
static bool comes_back(struct str s)
{
    const char *p = s.p, *end = s.p + s.n, *lf;

    for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL; p = lf + 1)
        if (lf == s.p || lf[-1] != '\r' || (lf - s.p > 1 && lf[-2] == '\r'))
            return false;
    return true;
}

void letter_to_lf(struct str bytes, struct buf *out)
{
    struct str rest = bytes;

    if (!comes_back(bytes)) {
        buf_add(out, bytes);
        return;
    }
    while (rest.n) {
        size_t lf = str_find(rest, '\n');

        if (lf == rest.n) {
            buf_add(out, rest);
            return;
        }
        buf_add(out, str_sub(rest, 0, lf - 1));
        buf_addc(out, '\n');
        rest = str_from(rest, lf + 1);
    }
}

void letter_to_crlf(struct str bytes, struct buf *out)
{
    struct str rest = bytes;

    while (rest.n) {
        size_t lf = str_find(rest, '\n');

        buf_add(out, str_sub(rest, 0, lf));
        if (lf == rest.n)
            return;
        if (lf > 0 && rest.p[lf - 1] == '\r')
            buf_addc(out, '\n');
        else
            buf_addz(out, "\r\n");
        rest = str_from(rest, lf + 1);
    }
}

struct str letter_field(struct str bytes, struct str name)
{
    struct str rest = bytes, line;

    while (str_split(&rest, '\n', &line)) {
        if (str_trim(line).n == 0)
            break;
        if (line.n > name.n && line.p[name.n] == ':' && str_ieq(str_sub(line, 0, name.n), name))
            return str_trim(str_from(line, name.n + 1));
    }
    return STR_NONE;
}

#include "pop3/words.h"

#include "sasl/sasl.h"

struct str pop3_word(struct str *args)
{
    struct str rest = str_trim(*args), word = str_n(rest.p, str_find(rest, ' '));

    *args = str_trim(str_from(rest, word.n));
    return word;
}

enum st pop3_read_line(struct stream *s, size_t max, struct pop3_line *out)
{
    struct str line, rest;

    TRY(stream_line(s, max, &line));
    if (!str_ends(line, STR("\r\n")) || str_find(line, '\0') < line.n)
        return FAIL(ST_SYNTAX, "lines end with CR LF");
    line.n -= 2;
    out->word = str_n(line.p, str_find(line, ' '));
    out->args = str_from(line, out->word.n + 1);
    out->n_args = 0;
    for (rest = out->args; pop3_word(&rest).n;)
        out->n_args++;
    return ST_OK;
}

enum st pop3_write_capa(struct stream *s, unsigned have, unsigned mechanisms)
{
    static const struct {
        const char *line;
        unsigned when;
    } rows[] = {
#define CAPA_ROW(line, when, ref) {line, when},
#include "pop3/capabilities.def"
#undef CAPA_ROW
    };

    struct buf list;
    enum st st;

    buf_init(&list, 1000);
    buf_addz(&list, "+OK Capability list follows\r\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].when != CAPA_ALWAYS && !(rows[i].when & have))
            continue;
        buf_addz(&list, rows[i].line);
        if (rows[i].when & CAPA_MECHANISMS)
            sasl_offer(&list, mechanisms);
        buf_addz(&list, "\r\n");
    }
    buf_addz(&list, ".\r\n");
    st = stream_write(s, buf_str(&list));
    buf_fini(&list);
    return st;
}

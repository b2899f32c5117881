#include "smtp/session.h"

#include <stdio.h>

#define ARG_MAX 400

struct row {
    unsigned code;
    const char *enhanced, *text;
};

static const struct row rows[] = {
#define REPLY(name, code_, enhanced_, text_) {code_, enhanced_, text_},
#include "smtp/replies.def"
#undef REPLY
};

/* What a client sent may come back in a reply, but not as a line of its own. */
static size_t clean(struct str arg, char *out)
{
    size_t n = MIN(arg.n, ARG_MAX);

    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)arg.p[i] < 32 || arg.p[i] == 127 ? '?' : arg.p[i];
    return n;
}

enum st smtp_reply_arg(struct smtp_session *s, enum smtp_reply r, struct str arg)
{
    const struct row *row = &rows[r];
    char line[ARG_MAX + 200], word[ARG_MAX];
    struct str text = str_z(row->text);
    size_t at = str_search(text, STR("%s"));
    size_t n_word = clean(arg, word);
    int n = snprintf(line, sizeof line, "%u %s%s%.*s", row->code, row->enhanced, *row->enhanced ? " " : "", (int)at,
                     text.p);

    if (at < text.n)
        n += snprintf(line + n, sizeof line - (size_t)n, "%.*s%s", (int)n_word, word, text.p + at + 2);
    n += snprintf(line + n, sizeof line - (size_t)n, "\r\n");
    return stream_write(s->stream, str_n(line, (size_t)n));
}

enum st smtp_reply(struct smtp_session *s, enum smtp_reply r)
{
    return smtp_reply_arg(s, r, STR(""));
}

enum st smtp_refuse(struct smtp_session *s, enum smtp_reply r, struct str arg)
{
    s->errors++;
    return smtp_reply_arg(s, r, arg);
}

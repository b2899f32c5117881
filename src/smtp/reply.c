#include "smtp/origin.h"
#include "base/metrics.h"
#include "base/must.h"

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

static const enum metric classes[10] = {
    [2] = METRIC_SMTP_2XX, [3] = METRIC_SMTP_3XX, [4] = METRIC_SMTP_4XX, [5] = METRIC_SMTP_5XX};

/* What a client sent may come back in a reply, but not as a line of its own. */
static size_t clean(struct str arg, char *out)
{
    size_t n = MIN(arg.n, ARG_MAX);

    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)arg.p[i] < 32 || arg.p[i] == 127 ? '?' : arg.p[i];
    return n;
}

static size_t put_line(char *line, size_t max, enum smtp_reply r, struct str arg)
{
    const struct row *row = &rows[r];
    char word[ARG_MAX];
    struct str text = str_z(row->text);
    size_t at = str_search(text, STR("%s"));
    size_t n_word = clean(arg, word);
    int n = snprintf(line, max, "%u %s%s%.*s", row->code, row->enhanced, *row->enhanced ? " " : "", (int)at, text.p);

    if (at < text.n)
        n += snprintf(line + n, max - (size_t)n, "%.*s%s", (int)n_word, word, text.p + at + 2);
    n += snprintf(line + n, max - (size_t)n, "\r\n");
    must((size_t)n < max);
    return (size_t)n;
}

enum st smtp_reply_arg(struct smtp_session *s, enum smtp_reply r, struct str arg)
{
    char line[ARG_MAX + 200];
    size_t n = put_line(line, sizeof line, r, arg);

    smtp_origin_refused(s, rows[r].code, str_n(line, n));
    for (uint32_t i = 0; i < MAX(s->repeat, 1u); i++) {
        metric_add(classes[rows[r].code / 100], 1);
        TRY(stream_write(s->stream, str_n(line, n)));
    }
    return ST_OK;
}

enum st smtp_reply(struct smtp_session *s, enum smtp_reply r)
{
    return smtp_reply_arg(s, r, STR(""));
}

struct str smtp_no_room(char line[SMTP_NO_ROOM_MAX])
{
    return str_n(line, put_line(line, SMTP_NO_ROOM_MAX, SMTP_TOO_MANY_CONNECTIONS, STR("")));
}

struct str smtp_turned_away(char line[SMTP_TURNED_AWAY_MAX], struct str why)
{
    return str_n(line, put_line(line, SMTP_TURNED_AWAY_MAX, SMTP_TURNED_AWAY, why));
}

enum st smtp_refuse(struct smtp_session *s, enum smtp_reply r, struct str arg)
{
    s->errors++;
    return smtp_reply_arg(s, r, arg);
}

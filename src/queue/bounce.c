#include "queue/bounce.h"

#include "mime/header.h"

#define FIELD_MAX 1000

/* The fields of one group of a report, which an empty line ends. */
struct group {
    struct str original, final, status, action;
};

static bool field(struct str line, const char *name, struct str *out)
{
    size_t n = strlen(name);

    if (line.n <= n || line.p[n] != ':' || line.n > FIELD_MAX || !str_istarts(line, str_z(name)))
        return false;
    *out = str_trim(str_from(line, n + 1));
    return true;
}

/* "rfc822; x@there.test" */
static struct str address_of(struct str typed)
{
    return str_trim(str_from(typed, str_find(typed, ';') + 1));
}

static void end_group(struct group *g, struct bounce *b)
{
    struct str address = address_of(g->original.n ? g->original : g->final);

    if (g->action.n && address.n && b->n_rcpts < BOUNCE_RCPTS_MAX)
        b->rcpts[b->n_rcpts++] =
            (struct bounce_rcpt){.address = address, .status = g->status, .failed = str_ieq(g->action, STR("failed"))};
    *g = (struct group){0};
}

static void add_mark(struct bounce *b, struct str text, struct str about)
{
    if (b->n_marks < BOUNCE_MARKS_MAX && text.n)
        b->marks[b->n_marks++] = (struct bounce_mark){text, about};
}

static void one_line(struct str line, struct group *g, struct bounce *b)
{
    struct str v;

    if (!line.n)
        end_group(g, b);
    else if (field(line, "Original-Recipient", &v))
        g->original = v;
    else if (field(line, "Final-Recipient", &v))
        g->final = v;
    else if (field(line, "Action", &v))
        g->action = v;
    else if (field(line, "Status", &v))
        g->status = str_sub(v, 0, str_find(v, ' '));
    else if (field(line, "Original-Envelope-Id", &v))
        add_mark(b, v, STR(""));
    else if (field(line, BOUNCE_FIELD, &v))
        add_mark(b, str_sub(v, 0, str_find(v, ' ')), str_trim(str_from(v, str_find(v, ' '))));
}

static bool says_report(struct arena *a, struct str letter)
{
    struct str header = str_sub(letter, 0, str_search(letter, STR("\r\n\r\n")) + 2), type;
    struct mime_field f;
    char *low;

    if (mime_header_find(header, STR("Content-Type"), &f) != ST_OK || f.value.n > FIELD_MAX)
        return false;
    type = mime_unfold(a, f.value);
    low = arena_cstr(a, type);
    for (size_t i = 0; i < type.n; i++)
        low[i] = ascii_lower(low[i]);
    type = str_n(low, type.n);
    return str_starts(type, STR("multipart/report")) && str_search(type, STR("delivery-status")) < type.n;
}

void bounce_read(struct arena *a, struct str letter, struct bounce *out)
{
    struct str rest = str_sub(letter, 0, BOUNCE_BYTES_MAX), line;
    struct group g = {0};

    *out = (struct bounce){.rcpts = ARENA_ARRAY(a, struct bounce_rcpt, BOUNCE_RCPTS_MAX)};
    while (str_split(&rest, '\n', &line)) {
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        one_line(line, &g, out);
    }
    end_group(&g, out);
    out->is_report = out->n_rcpts && says_report(a, letter);
}

/* Annotations (RFC 5464) that go along with a mailbox. What is there is left alone, as letters are. */
#include "transfer/importer.h"
#include "transfer/source_imap.h"

static struct str quoted(struct arena *a, struct str text)
{
    char *p = arena_alloc(a, 2 * text.n + 2);
    size_t n = 0;

    p[n++] = '"';
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            p[n++] = '\\';
        p[n++] = text.p[i];
    }
    p[n++] = '"';
    return str_n(p, n);
}

/* Has it a value? One without is answered with NIL. */
static enum st is_there(struct client *c, struct str wire, struct str entry, bool *out) SUSPENDS
{
    struct answer answer = {0};
    bool there = false;

    TRY(client_send(c, "GETMETADATA %.*s %.*s", STR_ARGS(wire), STR_ARGS(entry)));
    for (;;) {
        TRY(client_read(c, &answer));
        if (answer.is_tagged)
            break;
        if (str_istarts(answer.text, STR("METADATA ")))
            there |= !str_ends(answer.text, STR(" NIL)"));
    }
    *out = there;
    return answer.st == ST_OK ? ST_OK : client_failed(&answer);
}

static enum st set(struct importer *im, struct arena *a, struct str wire, struct str entry, struct str value) SUSPENDS
{
    struct client *c = &im->t->client;
    bool there;

    TRY(is_there(c, wire, entry, &there));
    if (there)
        return ST_OK;
    TRY(client_begin(c, STR("SETMETADATA ")));
    TRY(client_put(c, arena_printf(a, "%.*s (%.*s ~{%zu+}\r\n", STR_ARGS(wire), STR_ARGS(entry), value.n)));
    TRY(client_put(c, value));
    TRY(client_put(c, STR(")\r\n")));
    return client_finish(c);
}

enum st importer_note(struct importer *im, struct str mailbox, struct str entry, struct str value)
{
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    if (mailbox.n)
        st = importer_make(im, mailbox);
    if (st == ST_OK && !(mailbox.n && im->is_refused)) {
        st = set(im, &a, mailbox.n ? im->wire : STR("\"\""), quoted(&a, entry), value);
        if (imap_is_refusal(st)) {
            report_note(&im->t->report, mailbox.n ? mailbox : entry, err_get()->text);
            st = ST_OK;
        }
    }
    arena_fini(&a);
    return st;
}

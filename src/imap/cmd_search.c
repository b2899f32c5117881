/* SEARCH and UID SEARCH (RFC 3501 6.4.4). */
#include "imap/search_parse.h"
#include "imap/session.h"

static void put_found(struct imap_cmd *c, const uint32_t *seqs, size_t n) SUSPENDS
{
    struct imap_conn *conn = &c->s->conn;

    imap_put(conn, STR("* SEARCH"));
    for (size_t i = 0; i < n; i++) {
        char *p = imap_room(conn, 16);

        *p++ = ' ';
        imap_wrote(conn, imap_digits(p, c->uid ? view_uid(c->s->view, seqs[i]) : seqs[i]));
    }
    imap_put(conn, STR("\r\n"));
}

enum st cmd_search(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct imap_search search;
    uint32_t *seqs;
    size_t n;
    enum st st;

    st = imap_search_parse(&c->lx, &search);
    if (st != ST_OK && search.bad_charset)
        c->code = STR("BADCHARSET (US-ASCII UTF-8)");
    TRY(st);
    imap_search_resolve(search.key, &s->cmd_arena, s->view);
    TRY(view_search(s->view, search.key, &s->cmd_arena, &seqs, &n));
    put_found(c, seqs, n);
    return ST_OK;
}

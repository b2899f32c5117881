/* DELE and RSET mark and unmark; QUIT removes what is marked, in one durable step, and only then says so
 * (RFC 1939 section 6). A message that is gone already counts as removed. */
#include "pop3/session.h"

static uint64_t size_of(const struct pop3_session *s, uint32_t number)
{
    struct mail_msg m;

    view_msg(s->view, number, &m);
    return m.size;
}

enum st pop3_cmd_dele(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;
    uint32_t number;
    enum st st = pop3_message_arg(c, &number);

    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    s->deleted[(number - 1) / 8] |= (unsigned char)(1u << ((number - 1) % 8));
    s->n_deleted++;
    s->deleted_bytes += size_of(s, number);
    return stream_writef(s->stream, "+OK Message %u marked as deleted\r\n", number);
}

enum st pop3_cmd_rset(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;

    memset(s->deleted, 0, s->count / 8 + 1);
    s->n_deleted = 0;
    s->deleted_bytes = 0;
    return stream_writef(s->stream, "+OK %u messages (%llu octets)\r\n", s->count, (unsigned long long)s->bytes);
}

/* The marked messages as ranges of uids. */
static struct uid_set marked(struct pop3_session *s)
{
    struct uid_range *r = ARENA_ARRAY(&s->cmd_arena, struct uid_range, s->n_deleted);
    size_t n = 0;

    for (uint32_t i = 1; i <= s->count; i++) {
        uint32_t uid = view_uid(s->view, i);

        if (!pop3_is_deleted(s, i))
            continue;
        if (n && r[n - 1].hi + 1 == uid)
            r[n - 1].hi = uid;
        else
            r[n++] = (struct uid_range){uid, uid};
    }
    return (struct uid_set){r, n};
}

enum st pop3_cmd_quit(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;
    enum st st = s->n_deleted ? view_expunge(s->view, marked(s), true) : ST_OK;

    if (st == ST_OK) {
        pop3_session_end(s, ST_OK, "quit");
        return stream_writef(s->stream, "+OK Bye, %u messages removed\r\n", s->n_deleted);
    }
    LOG(POP3_EXPUNGE_FAILED, lf_u64("messages", s->n_deleted), lf_z("status", st_name(st)), lf_err());
    pop3_session_end(s, st, "the marked messages could not be removed");
    return stream_write(s->stream, STR("-ERR [SYS/TEMP] Some deleted messages not removed\r\n"));
}

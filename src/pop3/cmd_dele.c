/* DELE and RSET mark and unmark; QUIT removes what is marked, in one durable step, and only then says so
 * (RFC 1939 section 6). A message that is gone already counts as removed. */
#include "base/limits.h"
#include "base/retention.h"
#include "pop3/session.h"

static uint64_t size_of(const struct pop3_session *s, uint32_t number)
{
    struct mail_msg m;

    view_msg(s->view, number, &m);
    return m.size;
}

static void mark(struct pop3_session *s, uint32_t number)
{
    pop3_bit_set(s->deleted, number);
    s->n_deleted++;
    s->deleted_bytes += size_of(s, number);
}

enum st pop3_cmd_dele(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;
    uint32_t number;
    enum st st = pop3_message_arg(c, &number);

    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    mark(s, number);
    return POP3_SAY(s, POP3_TEXT_MARKED, number);
}

enum st pop3_cmd_rset(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;

    memset(s->deleted, 0, s->count / 8 + 1);
    s->n_deleted = 0;
    s->deleted_bytes = 0;
    return POP3_SAY(s, POP3_TEXT_MAILBOX, s->count, (unsigned long long)s->bytes);
}

/* --- what was fetched ------------------------------------------------------------------------------------- */

void pop3_sent(struct pop3_session *s, uint32_t number)
{
    if (!s->sent) {
        s->sent = mem_new(s->count / 8 + 1);
        s->fetched = mem_new(s->count / 8 + 1);
    }
    pop3_bit_set(s->sent, number);
    s->sent_lo = s->sent_lo ? MIN(s->sent_lo, number) : number;
    s->sent_hi = MAX(s->sent_hi, number);
}

void pop3_arrived(struct pop3_session *s)
{
    for (uint32_t i = (s->sent_lo - 1) / 8; s->sent_lo && i <= (s->sent_hi - 1) / 8; i++)
        s->fetched[i] |= s->sent[i];
    s->sent_lo = s->sent_hi = 0;
}

/* --- QUIT ----------------------------------------------------------------------------------------------------- */

struct uid_set pop3_uids_of(const struct pop3_session *s, struct arena *ar, const unsigned char *bits)
{
    struct uid_range *r;
    size_t n = 0;

    for (uint32_t i = 1; i <= s->count; i++)
        n += pop3_bit(bits, i) &&
             (i == 1 || !pop3_bit(bits, i - 1) || view_uid(s->view, i - 1) + 1 != view_uid(s->view, i));
    r = ARENA_ARRAY(ar, struct uid_range, n);
    n = 0;
    for (uint32_t i = 1; i <= s->count; i++) {
        uint32_t uid = view_uid(s->view, i);

        if (!pop3_bit(bits, i))
            continue;
        if (n && r[n - 1].hi + 1 == uid)
            r[n - 1].hi = uid;
        else
            r[n++] = (struct uid_range){uid, uid};
    }
    return (struct uid_set){r, n};
}

/* The name of the mailbox for what was deleted; empty where there is none, or it is the one that is open. */
static enum st find_trash(struct pop3_session *s, struct str *out) SUSPENDS
{
    struct mailbox_info *list;
    size_t n;

    *out = STR_NONE;
    TRY(mailbox_list(s->account, &s->cmd_arena, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (list[i].use == MAIL_USE_TRASH && !list[i].owner && !list[i].noselect &&
            list[i].id != view_info(s->view)->id)
            *out = list[i].name;
    return ST_OK;
}

/* As many as one commit takes, from that number on. */
static enum st move_some(struct pop3_session *s, struct str trash, uint32_t *number) SUSPENDS
{
    unsigned char *some = arena_alloc(&s->cmd_arena, s->count / 8 + 1);
    struct copied copied;
    uint32_t n = 0;

    memset(some, 0, s->count / 8 + 1);
    for (; *number <= s->count && n < LIMIT_MAIL_COPY; ++*number)
        if (pop3_bit(s->deleted, *number)) {
            pop3_bit_set(some, *number);
            n++;
        }
    return n ? view_copy(s->view, pop3_uids_of(s, &s->cmd_arena, some), trash, true, &s->cmd_arena, &copied) : ST_OK;
}

static enum st remove_marked(struct pop3_session *s) SUSPENDS
{
    struct str trash = STR_NONE;

    if (s->set->pop3_delete_to_trash)
        TRY(find_trash(s, &trash));
    if (!trash.n)
        return view_expunge(s->view, pop3_uids_of(s, &s->cmd_arena, s->deleted), true);
    for (uint32_t number = 1; number <= s->count;)
        TRY(move_some(s, trash, &number));
    return ST_OK;
}

/* Nothing that was fetched stays (EXPIRE 0, RFC 2449 section 6.7). */
static void mark_fetched(struct pop3_session *s)
{
    for (uint32_t i = 1; s->fetched && i <= s->count; i++)
        if (pop3_bit(s->fetched, i) && !pop3_bit(s->deleted, i))
            mark(s, i);
}

static void forget_removed(struct pop3_session *s)
{
    for (uint32_t i = 0; s->fetched && i < s->count / 8 + 1; i++)
        s->fetched[i] &= (unsigned char)~s->deleted[i];
}

enum st pop3_cmd_quit(struct pop3_cmd *c)
{
    struct pop3_session *s = c->s;
    enum st st;

    if (s->retention == RETAIN_FETCHED)
        mark_fetched(s);
    st = s->n_deleted ? remove_marked(s) : ST_OK;
    if (st == ST_OK) {
        forget_removed(s);
        pop3_session_end(s, ST_OK, "quit");
        return POP3_SAY(s, POP3_TEXT_BYE_REMOVED, s->n_deleted);
    }
    LOG(POP3_EXPUNGE_FAILED, lf_u64("messages", s->n_deleted), lf_z("status", st_name(st)), lf_err());
    pop3_session_end(s, st, "the marked messages could not be removed");
    return POP3_SAY(s, POP3_TEXT_NOT_REMOVED);
}

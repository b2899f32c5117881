#include "imap/result.h"
#include "imap/context.h"

#include "co/co.h"
#include "imap/condstore.h"

enum { NUMBERS_A_TURN = 10000 };

static struct view *view_of(const struct imap_cmd *c, const struct imap_result *found)
{
    return found->other ? found->other : c->s->view;
}

static uint32_t number_of(const struct imap_cmd *c, const struct imap_result *found, size_t i)
{
    uint32_t seq = found->seqs[i];

    return c->uid ? view_uid(view_of(c, found), seq) : seq;
}

static void rest(size_t i) SUSPENDS
{
    if (i % NUMBERS_A_TURN == NUMBERS_A_TURN - 1)
        co_yield ();
}

/* Of those that are still there. */
static uint64_t highest_modseq(struct imap_cmd *c, struct imap_result found) SUSPENDS
{
    uint64_t highest = 0;

    for (size_t i = 0; i < found.n; i++) {
        highest = MAX(highest, view_modseq(view_of(c, &found), found.seqs[i]));
        rest(i);
    }
    return highest;
}

static void sent_modseq(struct imap_cmd *c, const struct imap_result *found, uint64_t modseq)
{
    if (view_of(c, found) == c->s->view)
        c->s->modseq_sent = MAX(c->s->modseq_sent, modseq);
}

void imap_put_numbers(struct imap_cmd *c, const struct imap_search *search, struct imap_result found)
{
    uint64_t modseq = search->has_modseq ? highest_modseq(c, found) : 0;

    for (size_t i = 0; i < found.n; i++) {
        char *p = imap_room(&c->s->conn, 16);

        *p++ = ' ';
        imap_wrote(&c->s->conn, imap_digits(p, number_of(c, &found, i)));
        rest(i);
    }
    if (modseq) { /* RFC 7162 sections 3.1.6 and 3.1.9 */
        imap_put(&c->s->conn, STR(" (MODSEQ "));
        imap_put_u64(&c->s->conn, modseq);
        imap_put(&c->s->conn, STR(")"));
        sent_modseq(c, &found, modseq);
    }
}

/* In the order given; only numbers that go up by one are joined (RFC 5267 section 3.2). */
static void put_set(struct imap_cmd *c, struct imap_result found) SUSPENDS
{
    struct imap_conn *conn = &c->s->conn;

    for (size_t i = 0; i < found.n; i++) {
        uint32_t first = number_of(c, &found, i), last = first;
        bool begins = i == 0;

        while (i + 1 < found.n && number_of(c, &found, i + 1) == last + 1) {
            last++;
            i++;
            rest(i);
        }
        char *p = imap_room(conn, 32);

        if (!begins)
            *p++ = ',';
        p = imap_digits(p, first);
        if (last != first) {
            *p++ = ':';
            p = imap_digits(p, last);
        }
        imap_wrote(conn, p);
        rest(i);
    }
}

static void put_item(struct imap_cmd *c, struct str name, uint64_t value) SUSPENDS
{
    imap_put(&c->s->conn, name);
    imap_put_u64(&c->s->conn, value);
}

static struct imap_result partial_of(const struct imap_search *search, struct imap_result found)
{
    struct imap_result part = found;
    size_t from;

    imap_partial_of(&search->partial, found.n, &from, &part.n);
    part.seqs = found.seqs + from;
    return part;
}

/* RFC 9394 section 3.1: the range as it was asked for, and NIL when nothing is in it. */
static void put_partial(struct imap_cmd *c, const struct imap_search *search, struct imap_result found) SUSPENDS
{
    struct imap_result part = partial_of(search, found);
    struct imap_conn *conn = &c->s->conn;

    imap_put(conn, STR(" PARTIAL ("));
    imap_put(conn, search->partial.text);
    imap_put(conn, part.n ? STR(" ") : STR(" NIL"));
    put_set(c, part);
    imap_put(conn, STR(")"));
}

/* RFC 7377 section 2.1: all three. A tag has nothing in it that would have to be escaped in quotes (RFC 3501 section 9). */
void imap_put_esearch_head(struct imap_cmd *c, const struct imap_result *found)
{
    struct imap_conn *conn = &c->s->conn;

    imap_put(conn, STR("* ESEARCH (TAG \""));
    imap_put(conn, c->tag);
    imap_put(conn, STR("\""));
    if (found->other) {
        const struct mailbox_info *info = view_info(found->other);
        uint32_t uidvalidity = info->uidvalidity;

        imap_put(conn, STR(" MAILBOX "));
        imap_put_mailbox(conn, info->name);
        imap_put(conn, STR(" UIDVALIDITY "));
        imap_put_u64(conn, uidvalidity);
    }
    imap_put(conn, c->uid ? STR(") UID") : STR(")"));
}

/* What of the messages the answer tells, alone or with the others: of MIN and MAX without ALL and COUNT only these (RFC 4731 section
 * 3.2), and those of a range with them. */
static uint64_t modseq_of_told(struct imap_cmd *c, const struct imap_search *search, struct imap_result found) SUSPENDS
{
    unsigned returns = search->returns;
    uint64_t highest = 0;

    if (found.n == 0)
        return 0;
    if (returns & (RETURN_ALL | RETURN_COUNT))
        return highest_modseq(c, found);
    if (returns & RETURN_MIN)
        highest = view_modseq(view_of(c, &found), found.seqs[0]);
    if (returns & RETURN_MAX)
        highest = MAX(highest, view_modseq(view_of(c, &found), found.seqs[found.n - 1]));
    if (returns & RETURN_PARTIAL)
        highest = MAX(highest, highest_modseq(c, partial_of(search, found)));
    return highest;
}

/* RFC 4466 section 2.6.2, RFC 4731 section 3.1: without messages there is neither MIN nor MAX nor ALL. */
static void put_esearch(struct imap_cmd *c, const struct imap_search *search, struct imap_result found) SUSPENDS
{
    uint64_t modseq = search->has_modseq ? modseq_of_told(c, search, found) : 0;
    struct imap_conn *conn = &c->s->conn;
    unsigned returns = search->returns;

    imap_put_esearch_head(c, &found);
    if (returns & RETURN_MIN && found.n)
        put_item(c, STR(" MIN "), number_of(c, &found, 0));
    if (returns & RETURN_MAX && found.n)
        put_item(c, STR(" MAX "), number_of(c, &found, found.n - 1));
    if (returns & RETURN_COUNT)
        put_item(c, STR(" COUNT "), found.n);
    if (returns & RETURN_ALL && found.n) {
        imap_put(conn, STR(" ALL "));
        put_set(c, found);
    }
    if (returns & RETURN_PARTIAL)
        put_partial(c, search, found);
    if (modseq)
        put_item(c, STR(" MODSEQ "), modseq);
    sent_modseq(c, &found, modseq);
    imap_put(conn, STR("\r\n"));
}

void imap_forget_result(struct imap_session *s)
{
    mem_free((void *)(uintptr_t)s->saved.r);
    s->saved = (struct uid_set){0};
}

/* The messages as runs of sequence numbers, whatever order they are in: a bit for each. */
static bool has_bit(const uint8_t *bits, uint32_t seq)
{
    return bits[seq / 8] >> (seq % 8) & 1;
}

static const uint8_t *bits_of(struct imap_cmd *c, struct imap_result found) SUSPENDS
{
    uint8_t *bits = ARENA_ARRAY(&c->s->cmd_arena, uint8_t, view_count(c->s->view) / 8 + 1);

    for (size_t i = 0; i < found.n; i++) {
        bits[found.seqs[i] / 8] |= (uint8_t)(1u << found.seqs[i] % 8);
        rest(i);
    }
    return bits;
}

static size_t count_runs(const uint8_t *bits, uint32_t count)
{
    size_t n = 0;

    for (uint32_t seq = 1; seq <= count; seq++)
        n += has_bit(bits, seq) && !has_bit(bits, seq - 1);
    return n;
}

struct uid_set imap_result_runs(struct imap_cmd *c, struct imap_result found)
{
    struct view *v = c->s->view;
    const uint8_t *bits = bits_of(c, found);
    uint32_t count = view_count(v);
    size_t n = count_runs(bits, count), at = 0;
    struct uid_range *r = n ? mem_new(n * sizeof *r) : NULL;

    for (uint32_t seq = 1; seq <= count; seq++) {
        if (!has_bit(bits, seq))
            continue;
        if (!has_bit(bits, seq - 1))
            r[at++].lo = view_uid(v, seq);
        r[at - 1].hi = view_uid(v, seq);
        rest(seq);
    }
    return (struct uid_set){r, n};
}

/* Kept as uids, so that expunges need no mending: a uid that is gone never comes back. */
static enum st save(struct imap_cmd *c, struct imap_result found) SUSPENDS
{
    struct imap_session *s = c->s;

    imap_forget_result(s);
    s->saved = imap_result_runs(c, found);
    if (s->saved.n <= LIMIT_IMAP_SAVED_RANGES)
        return ST_OK;
    imap_forget_result(s);
    c->code = STR("NOTSAVED"); /* RFC 5182 section 2.5 */
    return FAIL(ST_LIMIT, "The result is too large to be saved");
}

/* RFC 5182 section 2.4, RFC 9394 section 3.2: with MIN, MAX or PARTIAL, and neither ALL nor COUNT, only these are
 * saved. */
static enum st save_as_asked(struct imap_cmd *c, const struct imap_search *search, struct imap_result found) SUSPENDS
{
    struct imap_result part = partial_of(search, found);
    unsigned returns = search->returns;
    uint32_t *some;
    size_t n = part.n;

    if (found.n == 0 || returns & (RETURN_ALL | RETURN_COUNT) ||
        !(returns & (RETURN_MIN | RETURN_MAX | RETURN_PARTIAL)))
        return save(c, found);
    some = ARENA_ARRAY(&c->s->cmd_arena, uint32_t, n + 2);
    if (n)
        memcpy(some, part.seqs, n * sizeof *some);
    if (returns & RETURN_MIN)
        some[n++] = found.seqs[0];
    if (returns & RETURN_MAX)
        some[n++] = found.seqs[found.n - 1];
    return save(c, (struct imap_result){some, n});
}

enum st imap_begin_search(struct imap_cmd *c, const struct imap_search *search)
{
    if (search->has_seqs && imap_is_enabled(c->s, FEATURE_UIDONLY))
        return imap_refuse_numbers(c);
    return imap_context_check(c, search);
}

enum st imap_put_result(struct imap_cmd *c, const struct imap_search *search, struct imap_result found)
{
    if (search->returns & RETURN_SAVE)
        TRY(save_as_asked(c, search, found));
    if (search->returns != RETURN_SAVE && (found.n || !found.other)) /* RFC 7377 section 2.1: nothing of nothing */
        put_esearch(c, search, found);
    if (search->returns & RETURN_UPDATE && c->limited_at)
        imap_context_refuse(c, "Not all messages were searched");
    else if (search->returns & RETURN_UPDATE)
        imap_context_add(c, search, found);
    return ST_OK;
}

enum st imap_end_search(struct imap_cmd *c, const struct imap_search *search, enum st st)
{
    c->holds |= search->has_seqs; /* RFC 7162 section 3.2.10.2 */
    if (st == ST_OK && search->has_modseq)
        imap_use_condstore(c->s);
    if (st != ST_OK && search->undefined_filter.n)
        c->code = arena_printf(&c->s->cmd_arena, "UNDEFINED-FILTER %.*s", STR_ARGS(search->undefined_filter));
    if (st != ST_OK && search->bad_charset)
        c->code = STR("BADCHARSET (US-ASCII UTF-8)");
    if (st != ST_OK && st != ST_SYNTAX && search->returns & RETURN_SAVE)
        imap_forget_result(c->s);
    return st;
}

#include "imap/message_limit.h"

uint32_t imap_message_limit(const struct imap_session *s, bool saves)
{
    bool only_saves = s->set->imap_message_limit_saves;

    if (s->is_tool || (only_saves && !saves) ||
        imap_is_withheld(&s->withheld, only_saves ? STR("SAVELIMIT") : STR("MESSAGELIMIT")))
        return 0;
    return s->set->imap_message_limit;
}

uint64_t imap_count_seqs(struct uid_set seqs)
{
    uint64_t n = 0;

    for (size_t i = 0; i < seqs.n; i++)
        n += (uint64_t)seqs.r[i].hi - seqs.r[i].lo + 1;
    return n;
}

/* The last `most` of them, of which there are more. */
static struct uid_set last_of(struct arena *a, struct uid_set seqs, uint64_t most)
{
    size_t i = seqs.n;
    uint64_t here;

    while (i > 0 && (here = (uint64_t)seqs.r[i - 1].hi - seqs.r[i - 1].lo + 1) < most) {
        most -= here;
        i--;
    }
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, seqs.n - i + 1);

    memcpy(r, seqs.r + i - 1, (seqs.n - i + 1) * sizeof *r);
    r[0].lo = r[0].hi - (uint32_t)most + 1;
    return (struct uid_set){r, seqs.n - i + 1};
}

static struct uid_set cut(struct imap_cmd *c, struct uid_set seqs, uint64_t most)
{
    seqs = last_of(&c->s->cmd_arena, seqs, most);
    c->limited_at = view_uid(c->s->view, seqs.r[0].lo);
    return seqs;
}

struct uid_set imap_limit_seqs(struct imap_cmd *c, struct uid_set seqs)
{
    uint32_t most = imap_message_limit(c->s, false);

    return most && imap_count_seqs(seqs) > most ? cut(c, seqs, most) : seqs;
}

/* How many have changed; with `skip`, the number of the message behind the first so many. */
static uint64_t walk_changed(const struct view *v, struct uid_set seqs, uint64_t since, uint64_t skip,
                             uint32_t *out_seq)
{
    uint64_t n = 0;

    for (size_t i = 0; i < seqs.n; i++) {
        uint32_t seq = seqs.r[i].lo, hi = seqs.r[i].hi;

        for (; seq <= hi && (seq = view_next_since(v, seq, hi, since)) != 0; seq++) {
            *out_seq = seq;
            if (n++ == skip)
                return n;
        }
    }
    return n;
}

struct uid_set imap_limit_changed(struct imap_cmd *c, struct uid_set seqs, uint64_t since)
{
    uint32_t most = imap_message_limit(c->s, false), seq = 0, last;
    uint64_t n;

    if (!most || imap_count_seqs(seqs) <= most)
        return seqs;
    n = walk_changed(c->s->view, seqs, since, UINT64_MAX, &last);
    if (n <= most)
        return seqs;
    walk_changed(c->s->view, seqs, since, n - most, &seq);
    size_t i = 0;

    while (seqs.r[i].hi < seq)
        i++;
    n = imap_count_seqs((struct uid_set){seqs.r + i, seqs.n - i}) - (seq - seqs.r[i].lo);
    return cut(c, seqs, n);
}

struct uid_set imap_limited_uids(struct imap_cmd *c, struct uid_set seqs)
{
    struct uid_range *r = ARENA_ARRAY(&c->s->cmd_arena, struct uid_range, seqs.n);

    for (size_t i = 0; i < seqs.n; i++)
        r[i] = (struct uid_range){view_uid(c->s->view, seqs.r[i].lo), view_uid(c->s->view, seqs.r[i].hi)};
    return (struct uid_set){r, seqs.n};
}

/* --- searches -------------------------------------------------------------------------------------------------------- */

static struct uid_set both(struct arena *a, struct uid_set x, struct uid_set y)
{
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, x.n + y.n);
    size_t i = 0, k = 0, n = 0;

    while (i < x.n && k < y.n) {
        uint32_t lo = MAX(x.r[i].lo, y.r[k].lo), hi = MIN(x.r[i].hi, y.r[k].hi);

        if (lo <= hi)
            r[n++] = (struct uid_range){lo, hi};
        if (x.r[i].hi < y.r[k].hi)
            i++;
        else
            k++;
    }
    return (struct uid_set){r, n};
}

static struct uid_set all_of(struct arena *a, const struct view *v)
{
    struct uid_range *r = ARENA_NEW(a, struct uid_range);

    *r = (struct uid_range){1, view_count(v)};
    return (struct uid_set){r, r->hi > 0};
}

static struct uid_set searched(struct arena *a, const struct search_key *k, const struct view *v)
{
    struct uid_set out = all_of(a, v), seqs;

    if (k->what == SEARCH_SEQ)
        return both(a, out, k->set);
    if (k->what == SEARCH_UID &&
        imap_set_seqs(a, (struct imap_set){(struct uid_range *)(uintptr_t)k->set.r, k->set.n}, true, v, &seqs) == ST_OK)
        return seqs;
    for (size_t i = 0; k->what == SEARCH_AND && i < k->n_kids; i++)
        out = both(a, out, searched(a, k->kids[i], v));
    return out;
}

bool imap_limit_search(struct imap_cmd *c, const struct search_key *key, struct uid_set *out)
{
    uint32_t most = imap_message_limit(c->s, false);
    struct uid_set seqs;

    if (!most || view_count(c->s->view) <= most)
        return false;
    seqs = searched(&c->s->cmd_arena, key, c->s->view);
    if (imap_count_seqs(seqs) <= most)
        return false;
    *out = cut(c, seqs, most);
    return true;
}

uint64_t imap_count_searched(struct arena *a, const struct search_key *key, const struct view *v)
{
    return imap_count_seqs(searched(a, key, v));
}

/* --- what is said of it ---------------------------------------------------------------------------------------------- */

static struct str code_of(struct imap_cmd *c, uint32_t most, uint32_t uid)
{
    struct arena *a = &c->s->cmd_arena;

    return uid ? arena_printf(a, "MESSAGELIMIT %u %u", most, uid) : arena_printf(a, "MESSAGELIMIT %u", most);
}

enum st imap_check_limit(struct imap_cmd *c, bool saves, uint64_t n, uint32_t uid)
{
    uint32_t most = imap_message_limit(c->s, saves);

    if (!most || n <= most)
        return ST_OK;
    c->code = code_of(c, most, uid);
    return FAIL(ST_LIMIT, "Too many messages; try fewer of them");
}

enum st imap_check_limit_seqs(struct imap_cmd *c, bool saves, struct uid_set seqs)
{
    uint32_t most = imap_message_limit(c->s, saves), uid = 0;
    uint64_t n = imap_count_seqs(seqs);

    if (most && n > most)
        uid = view_uid(c->s->view, last_of(&c->s->cmd_arena, seqs, most).r[0].lo);
    return imap_check_limit(c, saves, n, uid);
}

static struct str text_of(struct imap_cmd *c, uint32_t most)
{
    return arena_printf(&c->s->cmd_arena, "Done with the last %u messages", most);
}

void imap_tell_message_limit(struct imap_cmd *c)
{
    uint32_t most = imap_message_limit(c->s, false);

    if (!c->limited_at)
        return;
    if (c->code.n) {
        imap_tell_message_limit_untagged(c);
        return;
    }
    c->code = code_of(c, most, c->limited_at);
    c->text = text_of(c, most);
}

void imap_tell_message_limit_untagged(struct imap_cmd *c)
{
    uint32_t most = imap_message_limit(c->s, false);

    imap_put_status(&c->s->conn, STR("*"), "NO", code_of(c, most, c->limited_at), text_of(c, most));
    c->limited_at = 0;
}

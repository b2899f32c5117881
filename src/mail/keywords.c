/* Keywords of a mailbox: a table of names, whose places are bits of each message. When all places are taken, one whose bit no
 * message carries, nor would carry should a change on its way fail, is given to a new name. */
#include "mail/change.h"

bool keyword_is_valid(struct str name)
{
    if (!name.n || name.n > LIMIT_KEYWORD)
        return false;
    for (size_t i = 0; i < name.n; i++) { /* RFC 3501 section 9, flag-keyword: an atom */
        if (name.p[i] <= ' ' || name.p[i] == 0x7f || strchr("(){%*\"\\]", name.p[i]))
            return false;
    }
    return true;
}

static int find(const struct mailbox *mb, struct str name)
{
    for (unsigned i = 0; i < mb->n_keywords; i++) {
        if (str_ieq(mb->keywords[i], name))
            return (int)i;
    }
    return -1;
}

/* Of the durable messages, and of every change on its way. */
static uint64_t bits_in_use(const struct mailbox *mb)
{
    const struct messages *m = mb->messages;
    uint64_t used = mb->keywords_taken;

    for (size_t i = 0; i < m->n; i++)
        used |= m->keywords[i];
    LIST_EACH(at, &mb->in_flight) {
        const struct mailbox_change *mc = LIST_ITEM(at, struct mailbox_change, link);

        for (size_t i = 0; i < mc->n_edits; i++)
            used |= mc->edits[i].keywords;
    }
    LIST_EACH(at, &mb->adding) {
        const struct mailbox_change *mc = LIST_ITEM(at, struct mailbox_change, adding);

        for (size_t i = 0; i < mc->n_adds; i++)
            used |= mc->adds[i].keywords;
    }
    return used;
}

bool view_takes_keywords(const struct view *v)
{
    if (v->read_only || !(view_rights(v) & RIGHT_WRITE))
        return false;
    return v->mb->n_keywords < LIMIT_KEYWORDS || bits_in_use(v->mb) != UINT64_MAX;
}

static int take_over(struct mailbox *mb, struct str name)
{
    uint64_t used;
    int bit;

    if (!mb->messages || mb->messages->loading)
        return -1;
    used = bits_in_use(mb);
    if (used == UINT64_MAX)
        return -1;
    bit = __builtin_ctzll(~used);
    mb->keywords[bit] = arena_str(&mb->a->names, name);
    mb->keywords_taken |= 1ull << bit;
    mb->renamed = true;
    return bit;
}

int mailbox_keyword(struct mailbox *mb, struct str name, bool make)
{
    int bit = find(mb, name);

    if (bit >= 0 && make)
        mb->keywords_taken |= 1ull << bit;
    if (bit >= 0 || !make)
        return bit;
    if (mb->n_keywords == LIMIT_KEYWORDS)
        return take_over(mb, name);
    mb->keywords = mem_resize(mb->keywords, (mb->n_keywords + 1) * sizeof *mb->keywords);
    mb->keywords[mb->n_keywords] = arena_str(&mb->a->names, name);
    mb->keywords_taken |= 1ull << mb->n_keywords;
    return (int)mb->n_keywords++;
}

enum st keywords_prepare(struct mailbox *mb, const struct str *names, size_t n)
{
    size_t missing = 0;

    for (size_t i = 0; i < n; i++)
        missing += find(mb, names[i]) < 0;
    if (mb->n_keywords + missing > LIMIT_KEYWORDS)
        TRY(messages_load(mb));
    return ST_OK;
}

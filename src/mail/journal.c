/* What has happened to a mailbox that somebody has selected, in order, once for all its views: each has its
 * place in it. What all have passed is dropped; a view that stays too far behind compares instead. */
#include "mail/state.h"

#include "base/must.h"

static uint64_t slowest(const struct messages *m)
{
    uint64_t pos = m->journal_base + m->n_journal;

    LIST_EACH(at, &m->mb->views)
        pos = MIN(pos, LIST_ITEM(at, struct view, link)->pos);
    return pos;
}

static void drop_passed(struct messages *m)
{
    size_t n = (size_t)(slowest(m) - m->journal_base);

    memmove(m->journal, m->journal + n, (m->n_journal - n) * sizeof *m->journal);
    m->n_journal -= n;
    m->journal_base += n;
}

static void make_room(struct messages *m)
{
    if (m->n_journal)
        drop_passed(m);
    if (m->n_journal == LIMIT_MAIL_JOURNAL) {
        LIST_EACH(at, &m->mb->views) {
            struct view *v = LIST_ITEM(at, struct view, link);

            if (v->pos < m->journal_base + LIMIT_MAIL_JOURNAL / 2)
                view_fall_behind(v);
        }
        drop_passed(m);
    }
    if (m->n_journal * 2 > m->cap_journal || !m->cap_journal) {
        m->cap_journal = MAX(m->cap_journal * 2, 16);
        m->journal = mem_resize(m->journal, m->cap_journal * sizeof *m->journal);
    }
}

static void add(struct messages *m, const struct journal_entry *e)
{
    if (list_is_empty(&m->mb->views))
        return;
    if (m->n_journal == m->cap_journal)
        make_room(m);
    must(m->n_journal < m->cap_journal);
    m->journal[m->n_journal++] = *e;
}

void journal_add(struct messages *m, enum journal_what what, uint32_t lo, uint32_t hi, uint64_t origin)
{
    add(m, &(struct journal_entry){.what = what, .lo = lo, .hi = hi, .origin = origin});
}

void journal_add_for(struct messages *m, uint32_t lo, uint32_t hi, uint64_t origin, uint64_t reader)
{
    add(m, &(struct journal_entry){.what = JOURNAL_FLAGS, .lo = lo, .hi = hi, .origin = origin, .reader = reader});
}

void journal_wake(struct mailbox *mb)
{
    LIST_EACH_SAFE(at, tmp, &mb->views) {
        struct view *v = LIST_ITEM(at, struct view, link);
        void (*fn)(void *arg) = v->on_change;

        v->on_change = NULL;
        if (fn)
            fn(v->on_change_arg);
    }
}

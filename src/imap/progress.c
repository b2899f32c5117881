#include "imap/progress.h"

#ifndef TELL_EVERY_MS
#define TELL_EVERY_MS 12000 /* RFC 9585 section 4: 10 to 15 seconds */
#endif

/* Section 5. A tag with "]" would end the code, so it is NIL (section 4). */
static void put_progress(struct imap_cmd *c, uint64_t done, uint64_t goal) SUSPENDS
{
    struct arena *a = &c->s->cmd_arena;
    bool has_tag = c->tag.n && str_find(c->tag, ']') == c->tag.n;
    struct str tag = has_tag ? arena_printf(a, "\"%.*s\"", STR_ARGS(c->tag)) : STR("NIL"), code;

    if (goal)
        code = arena_printf(a, "INPROGRESS (%.*s %llu %llu)", STR_ARGS(tag), (unsigned long long)done,
                            (unsigned long long)goal);
    else
        code = arena_printf(a, "INPROGRESS (%.*s %llu NIL)", STR_ARGS(tag), (unsigned long long)done);
    imap_put_status(&c->s->conn, STR("*"), "OK", code, STR("Still at it"));
    imap_conn_last_words(&c->s->conn); /* a connection that is dead is noticed behind the command */
}

/* Several phases are told in percent. What is told grows, and the goal is never reached: that is what the tagged response is
 * for. */
static void tell(const struct view_watcher *w, uint64_t done, uint64_t of) SUSPENDS
{
    struct imap_progress *p = CONTAINER_OF(w, struct imap_progress, watcher);
    uint64_t goal = of;

    if (deadline_in(0) < p->next || of == 0)
        return;
    if (p->phases == 0) {
        done += p->before;
        goal = 0;
    } else if (p->phases > 1) {
        done = (p->phase * 100 + done * 100 / of) / p->phases;
        goal = 100;
    }
    done = MAX(done, p->told);
    if (goal && done >= goal)
        return;
    p->told = done;
    put_progress(p->c, done, goal);
    p->next = deadline_in(TELL_EVERY_MS);
}

void imap_progress_begin(struct imap_progress *p, struct imap_cmd *c, unsigned phases)
{
    *p = (struct imap_progress){.watcher.progress = tell, .c = c, .phases = phases, .next = deadline_in(TELL_EVERY_MS)};
}

void imap_progress_enter(struct imap_progress *p, struct view *v)
{
    if (!imap_is_withheld(&p->c->s->withheld, STR("INPROGRESS")))
        view_on_progress(v, &p->watcher);
}

void imap_progress_leave(struct imap_progress *p, struct view *v)
{
    view_on_progress(v, NULL);
    p->phase += p->phase + 1 < p->phases;
    p->before += view_count(v);
}

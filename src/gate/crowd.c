/* A connection that has begun something and lets us wait for the rest holds a stack: half a line, half a ClientHello, a
 * literal that was announced, the answer to a challenge, a letter. Stacks are few beside connections, so that strangers
 * could have them all. Therefore: while more than half are in use each newcomer ends the oldest of those who have not logged
 * in and whom we wait for, with the protocol's words; a letter under way is spared until three quarters are in use. Who speaks
 * in time is through in milliseconds and not met. */
#include "gate/gate.h"
#include "smtp/smtp.h"

#define HALF (GATE_COROUTINES / 2)
#define LOOKS 16      /* at so many of the oldest, for each newcomer */
#define ENDS 2        /* of them at most: more than one, so that there are fewer in the end */
#define TELL_MS 60000 /* between lines in the log */

static bool is_stranger_awaited(const struct conn *c)
{
    return c->co && c->stream && !c->login.n && stream_is_awaited(c->stream);
}

static void tell(struct gate *g, uint64_t running)
{
    mono_ms now = clock_mono_ms();

    g->crowded++;
    if (g->crowd_told_at && now < g->crowd_told_at + TELL_MS)
        return;
    g->crowd_told_at = now;
    LOG(GATE_CROWDED, lf_u64("running", running), lf_u64("ended", g->crowded));
}

static void make_go(struct conn *c)
{
    list_del(&c->busy);
    c->imap.crowded = c->pop3.crowded = c->http.crowded = true;
    if (c->smtp)
        smtp_session_crowd(c->smtp);
    co_cancel(c->co);
}

void crowd_relieve(struct gate *g)
{
    struct core_stats stats;
    bool spare_letters;
    int ended = 0;

    core_get_stats(g->core, &stats);
    if (stats.running < HALF)
        return;
    spare_letters = stats.running < HALF + HALF / 2;
    for (int i = 0; i < LOOKS && ended < ENDS && !list_is_empty(&g->busy); i++) {
        struct conn *c = LIST_ITEM(g->busy.next, struct conn, busy);

        if (is_stranger_awaited(c) && !(spare_letters && c->smtp && smtp_session_reads_text(c->smtp))) {
            make_go(c);
            tell(g, stats.running);
            ended++;
        } else { /* others are looked at before it is again */
            list_del(&c->busy);
            list_add_tail(&g->busy, &c->busy);
        }
    }
}

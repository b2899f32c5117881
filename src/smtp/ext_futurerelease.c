/* FUTURERELEASE (RFC 4865): a letter that is handed in now and leaves later. On submission ports only (section 4.2 (2)), for those who have an account,
 * which may have so many letters waiting (section 6 (2)). */
#include "smtp/ext.h"

static bool offered(const struct smtp_session *s)
{
    return s->submission && s->set->smtp_future_release_max >= 1000 && (!s->authenticated || s->user.account);
}

static uint64_t longest_s(const struct smtp_session *s)
{
    return s->set->smtp_future_release_max / 1000;
}

static void args(const struct smtp_session *s, struct buf *out)
{
    struct arena a = ARENA_INIT;

    buf_addf(out, " %llu %.*s", (unsigned long long)longest_s(s),
             STR_ARGS(time_rfc3339(&a, clock_wall_us() + longest_s(s) * 1000000)));
    arena_fini(&a);
}

/* Section 4.2 (7) to (11): 501 5.5.4. */
static enum st take(struct smtp_session *s, const struct smtp_param *p, const char *name, uint64_t release_us) SUSPENDS
{
    struct smtp_txn *t = &s->txn;
    uint64_t now_us = clock_wall_us();

    if (t->release_us)
        return smtp_ext_deny(s, SMTP_BAD_SYNTAX, STR("either HOLDFOR or HOLDUNTIL"));
    if (release_us <= now_us || release_us - now_us > longest_s(s) * 1000000)
        return smtp_ext_deny(s, SMTP_BAD_SYNTAX,
                             arena_printf(&s->txn_arena, "%s takes a time in the future, at most %llu seconds ahead",
                                          name, (unsigned long long)longest_s(s)));
    t->release_us = release_us;
    smtp_ext_remember(s, name, arena_str(&s->txn_arena, p->value));
    smtp_ext_remember(s, ATTR_RELEASE, arena_printf(&s->txn_arena, "%llu", (unsigned long long)release_us));
    return ST_OK;
}

static enum st hold_for(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    uint64_t seconds;

    if (hold_for_parse(p->value, &seconds) != ST_OK)
        return smtp_ext_deny(s, SMTP_BAD_SYNTAX, STR("HOLDFOR=seconds, from 1 to 999999999"));
    return take(s, p, "HOLDFOR", clock_wall_us() + seconds * 1000000);
}

static enum st hold_until(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    uint64_t release_us;

    if (hold_until_parse(p->value, &release_us) != ST_OK)
        return smtp_ext_deny(s, SMTP_BAD_SYNTAX, STR("HOLDUNTIL=2026-12-24T18:00:00Z"));
    return take(s, p, "HOLDUNTIL", release_us);
}

static enum st mail_end(struct smtp_session *s) SUSPENDS
{
    const struct smtp_txn *t = &s->txn;
    enum st st;

    if (!t->release_us)
        return ST_OK;
    if (t->by.at_us && t->release_us > t->by.at_us) /* section 5.2.2 */
        return smtp_ext_deny(s, SMTP_BAD_SYNTAX, STR("it is to leave before the time that BY gives"));
    st = s->setup.ops->may_hold(s->setup.arg, t->size);
    if (st == ST_OK)
        return ST_OK;
    if (st != ST_OVERQUOTA)
        TRY(smtp_reply(s, SMTP_LOCAL_ERROR));
    else
        TRY(smtp_reply(s, SMTP_TOO_MANY_HELD)); /* section 6 (3) to (5) */
    return ST_DENIED;
}

const struct smtp_ext smtp_ext_futurerelease = {
    .keyword = "FUTURERELEASE",
    .offered = offered,
    .args = args,
    .mail = {{"HOLDFOR", hold_for, false}, {"HOLDUNTIL", hold_until, false}},
    .mail_end = mail_end};

#include "mail/pop3.h"

#include "base/must.h"
#include "mail/state.h"

#define LOGINS_MOST 100000 /* of one core, remembered before those that are over go */

enum st view_pop3_lock(struct view *v)
{
    must_obj(v, VIEW_MAGIC);
    if (v->mb->pop3_locked)
        return FAIL(ST_BUSY, "another POP3 session has the mailbox");
    v->mb->pop3_locked = true;
    return ST_OK;
}

void view_pop3_unlock(struct view *v)
{
    must_obj(v, VIEW_MAGIC);
    must(v->mb->pop3_locked);
    v->mb->pop3_locked = false;
}

/* --- when an account has logged in ------------------------------------------------------------------------ */

struct login {
    uint64_t account;
    mono_ms at, over;
};

uint32_t mail_pop3_wait_s(struct mail *m, uint64_t account, uint32_t delay_s)
{
    const struct login *l = map_get(&mail_core_here(m)->pop3_logins, account);
    mono_ms now = clock_mono_ms(), end = l ? l->at + (mono_ms)delay_s * 1000 : 0;

    return l && delay_s && now < end ? (uint32_t)((end - now + 999) / 1000) : 0;
}

static void forget_old(struct map *logins, mono_ms now)
{
    size_t pos = 0;
    void *v;

    while (map_next(logins, &pos, &v)) {
        struct login *l = v;

        if (l->over <= now) {
            map_del(logins, l->account);
            mem_free(l);
        }
    }
}

void mail_pop3_login(struct mail *m, uint64_t account, uint32_t delay_s)
{
    struct map *logins = &mail_core_here(m)->pop3_logins;
    struct login *l = map_get(logins, account);
    mono_ms now = clock_mono_ms();

    if (!delay_s)
        return;
    if (!l) {
        if (logins->n >= LOGINS_MOST)
            forget_old(logins, now);
        if (logins->n >= LOGINS_MOST) /* more than can log in within any sensible delay */
            return;
        l = MEM_NEW(struct login);
        l->account = account;
        map_put(logins, account, l);
    }
    l->at = now;
    l->over = now + (mono_ms)delay_s * 1000;
}

void pop3_logins_free(struct mail_core *core)
{
    forget_old(&core->pop3_logins, NEVER);
    map_fini(&core->pop3_logins);
}

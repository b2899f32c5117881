/* Each core goes through its accounts now and then (mail/upkeep.c), and counts them when the use of a domain is first asked for.
 * While the disk is short of space, deleted messages are kept for half as long with each round. */
#include "box/box.h"
#include "mail/keep.h"

#include "base/retention.h"
#include "pop3/words.h"

#define COUNT_AGAIN_MS 10000
#define SHORT_MS 60000   /* between rounds while the disk is short */
#define HALVINGS_MOST 30 /* nothing is kept any more */
#define TEND_MS 2000
#define TEND_MOST_MS 60000
#define SHORT_MARK 2 /* times store_min_free, below which letters are refused */

static bool disk_is_short(const struct box_core *c)
{
    struct store_stats stats;

    store_get_stats(c->box->store, &stats);
    return stats.free_bytes < SHORT_MARK * c->set->store_min_free;
}

static enum mail_anyone anyone_of(const struct settings *set)
{
    switch (set->acl_anyone) {
    case CONFIG_ANYONE_SERVER: return ANYONE_SERVER;
    case CONFIG_ANYONE_NOBODY: return ANYONE_NOBODY;
    case CONFIG_ANYONE_DOMAIN: break;
    }
    return ANYONE_DOMAIN;
}

static void set_rules(const struct box_core *c)
{
    const struct settings *set = c->set;

    mail_set_rules(c->mail, &(struct mail_rules){.keep_s = set->keep_deleted / 1000,
                                                 .halvings = c->halvings,
                                                 .expire_junk_s = set->expire_junk / 1000,
                                                 .expire_trash_s = set->expire_trash / 1000,
                                                 .retention = pop3_retention(set, RETAIN_DEFAULT),
                                                 .log_commits = set->change_log,
                                                 .rate = set->upkeep_rate,
                                                 .cache_bytes = set->mail_cache,
                                                 .cache_ms = set->mail_cache_time,
                                                 .anyone = anyone_of(set),
                                                 .image_least = set->mail_image});
}

static void look_at_disk(struct box_core *c)
{
    bool is_short = disk_is_short(c);

    if (is_short && !c->halvings)
        LOG(BOX_KEEPS_LESS, lf_u64("core", c->index));
    c->halvings = is_short ? MIN(c->halvings + 1, (unsigned)HALVINGS_MOST) : 0;
    set_rules(c);
}

static void one_round(struct box_core *c) SUSPENDS
{
    mono_ms began = clock_mono_ms();
    struct mail_round round;

    look_at_disk(c);
    if (mail_upkeep(c->mail, &round) != ST_OK || round.failed)
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", round.failed_account), lf_err());
    if (round.purged || round.expired || round.failed)
        LOG(BOX_UPKEEP_FINISHED, lf_u64("accounts", round.accounts), lf_u64("purged", round.purged),
            lf_u64("expired", round.expired), lf_u64("failed", round.failed), lf_u64("ms", clock_mono_ms() - began));
}

static void upkeep(void *arg) SUSPENDS
{
    struct box_core *c = arg;

    for (;;) {
        uint64_t pause = c->halvings ? MIN(c->set->upkeep_interval, (uint64_t)SHORT_MS) : c->set->upkeep_interval;
        enum st st = co_event_wait(&c->upkeep_due, deadline_in(pause));

        if (st != ST_OK && st != ST_TIMEOUT)
            return;
        one_round(c);
    }
}

static void tend(void *arg) SUSPENDS
{
    struct box_core *c = arg;

    while (co_sleep(deadline_in(TEND_MS)) == ST_OK)
        mail_tend(c->mail, false, deadline_in(TEND_MOST_MS));
}

static void tend_last(void *arg) SUSPENDS
{
    struct box_core *c = arg;

    mail_tend(c->mail, true, c->tend_until);
    __atomic_store_n(&c->tended, true, __ATOMIC_RELEASE);
}

void box_upkeep_end(void *arg)
{
    struct box_core *c = arg;

    if (co_spawn(tend_last, c, "images") != ST_OK)
        __atomic_store_n(&c->tended, true, __ATOMIC_RELEASE);
}

static void count(void *arg) SUSPENDS
{
    struct box_core *c = arg;

    while (mail_count(c->mail) != ST_OK) {
        if (co_sleep(deadline_in(COUNT_AGAIN_MS)) != ST_OK)
            return;
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", 0), lf_err());
    }
}

void box_upkeep_start(void *arg)
{
    struct box_core *c = arg;

    set_rules(c);
    if (co_spawn(upkeep, c, "upkeep") != ST_OK || co_spawn(count, c, "counting") != ST_OK ||
        co_spawn(tend, c, "mailboxes") != ST_OK)
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", 0), lf_err());
}

void box_upkeep_set(struct box_core *c)
{
    set_rules(c);
    co_event_set(&c->upkeep_due);
}

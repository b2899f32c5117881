/* Each core goes through its accounts now and then (mail/upkeep.c), and counts them once after the start. */
#include "box/box.h"
#include "mail/keep.h"

#define COUNT_AGAIN_MS 10000

static void set_rules(const struct box_core *c)
{
    const struct settings *set = c->set;

    mail_set_rules(c->mail, &(struct mail_rules){.keep_s = set->keep_deleted / 1000,
                                                 .expire_junk_s = set->expire_junk / 1000,
                                                 .expire_trash_s = set->expire_trash / 1000,
                                                 .rate = set->upkeep_rate});
}

static void one_round(struct box_core *c) SUSPENDS
{
    mono_ms began = clock_mono_ms();
    struct mail_round round;

    if (mail_upkeep(c->mail, &round) != ST_OK || round.failed)
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", round.failed_account), lf_err());
    if (round.purged || round.expired || round.failed)
        LOG(BOX_UPKEEP_FINISHED, lf_u64("accounts", round.accounts), lf_u64("purged", round.purged),
            lf_u64("expired", round.expired), lf_u64("failed", round.failed), lf_u64("ms", clock_mono_ms() - began));
}

static void upkeep(void *arg) SUSPENDS
{
    struct box_core *c = arg;

    while (mail_count(c->mail) != ST_OK) {
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", 0), lf_err());
        if (co_sleep(deadline_in(COUNT_AGAIN_MS)) != ST_OK)
            return;
    }
    while (co_sleep(deadline_in(c->set->upkeep_interval)) == ST_OK)
        one_round(c);
}

void box_upkeep_start(void *arg)
{
    struct box_core *c = arg;

    set_rules(c);
    if (co_spawn(upkeep, c, "upkeep") != ST_OK)
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", 0), lf_err());
}

void box_upkeep_set(struct box_core *c)
{
    set_rules(c);
}

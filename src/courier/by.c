/* Letters that are to be delivered by a certain time (RFC 2852 section 4.1): whom they may be given to, and of what their senders are told. A server that is spoken to in LMTP
 * delivers, and passes nothing on. */
#include "courier/courier.h"

static int64_t left_s(const struct job *j)
{
    return deliver_by_left_s(&j->letter->by, clock_wall_us());
}

bool job_is_too_late(struct job *j)
{
    const struct deliver_by *by = &j->letter->by;

    if (!by->at_us || !by->returns || left_s(j) > 0)
        return false;
    job_settle(j, WORK_FAILED, STR("5.4.7"), STR("the time in which it was to be delivered is over"));
    return true;
}

/* Section 4.1.4.1. Other servers of the domain are not tried: they should be alike (section 7). */
const char *job_by_refusal(const struct job *j, const struct smtp_client *peer, const char **out_text)
{
    const struct deliver_by *by = &j->letter->by;

    if (!by->at_us || !by->returns || peer->is_lmtp)
        return NULL;
    if (!peer->has[SMTP_HAS_DELIVERBY]) {
        *out_text = "the server does not know DELIVERBY, and the letter is to come back rather than be late";
        return "5.3.3";
    }
    if ((int64_t)peer->by_min_s > left_s(j)) {
        *out_text = "the server takes more time than is left of what the letter has";
        return "5.4.7";
    }
    return NULL;
}

/* In mode N, and in time, to a server that will not heed it (section 4.1.4.2). */
static bool is_lost_on(const struct job *j, const struct smtp_client *peer)
{
    const struct deliver_by *by = &j->letter->by;

    return by->at_us && !by->returns && !peer->is_lmtp && !peer->has[SMTP_HAS_DELIVERBY] && clock_wall_us() < by->at_us;
}

uint8_t job_by_state(const struct job *j, const struct smtp_client *peer, uint8_t state)
{

    bool is_traced = j->letter->by.at_us && j->letter->by.traces && !peer->is_lmtp;

    return work_is_taken(state) && (is_traced || is_lost_on(j, peer)) ? WORK_PASSED : state;
}

static bool has_word(struct str list, struct str word)
{
    struct str one;

    while (str_split(&list, ',', &one))
        if (str_ieq(one, word))
            return true;
    return false;
}

void job_by_notify(const struct job *j, const struct smtp_client *peer, struct arena *a, struct smtp_carry_rcpt *r)
{
    struct smtp_attr *attrs;
    size_t i = 0;

    if (!is_lost_on(j, peer))
        return;
    attrs = ARENA_ARRAY(a, struct smtp_attr, r->n_attrs + 1);
    if (r->n_attrs)
        memcpy(attrs, r->attrs, r->n_attrs * sizeof *attrs);
    while (i < r->n_attrs && !str_ieq(attrs[i].name, STR("NOTIFY")))
        i++;
    if (i == r->n_attrs)
        attrs[r->n_attrs++] = (struct smtp_attr){STR("NOTIFY"), STR("FAILURE,DELAY")};
    else if (!has_word(attrs[i].value, STR("NEVER")) && !has_word(attrs[i].value, STR("DELAY")))
        attrs[i].value = arena_printf(a, "%.*s,DELAY", STR_ARGS(attrs[i].value));
    r->attrs = attrs;
}

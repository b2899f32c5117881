/* What is held against a stranger when he names a recipient whom there is. Postmaster and abuse hear of everybody (RFC 5321 section 4.5.1,
 * RFC 2142 section 4): who is refused by mistake has somebody to write to. */
#include "smtp/stranger.h"

#include <stdio.h>

#define BAD_UNKNOWN 5 /* recipients that there are not, until he is known-bad */

static bool is_for_complaints(struct str rcpt)
{
    struct str local = str_sub(rcpt, 0, str_rfind(rcpt, '@'));

    return str_ieq(local, STR("postmaster")) || str_ieq(local, STR("abuse"));
}

static unsigned helo_traits(const struct smtp_session *s)
{
    unsigned traits = 0;

    if (s->set->smtp_check_helo != CHECK_OFF && !stranger_helo_is_full(s->helo))
        traits |= STRANGER_HAS(HELO_PART);
    if (s->set->smtp_check_helo_ours != CHECK_OFF && str_ieq(s->helo, s->set->host_name))
        traits |= STRANGER_HAS(HELO_OURS);
    return traits;
}

static bool wants_dns(const struct settings *set)
{
    return set->smtp_check_reverse != CHECK_OFF || set->smtp_check_forward != CHECK_OFF ||
           (set->smtp_dns_lists.n && set->smtp_check_lists != CHECK_OFF);
}

struct str stranger_marks(const struct smtp_session *s, char out[STRANGER_WORDS_MAX])
{
    return s->stranger ? stranger_words(s->set, s->stranger->traits, out) : STR_NONE;
}

static void tell(struct smtp_session *s, struct str rcpt, const char *action)
{
    char words[STRANGER_WORDS_MAX];

    LOG(SMTP_STRANGER_NOTED, lf_str("rcpt", rcpt), lf_str("checks", stranger_marks(s, words)),
        lf_z("lists", s->stranger->lists), lf_i64("score", s->stranger->score), lf_z("action", action));
    s->stranger->is_told = true;
}

static enum st refuse(struct smtp_session *s, struct str rcpt, struct stranger_verdict v) SUSPENDS
{
    bool defers = v.check == CHECK_DEFER;
    struct str text = str_z(stranger_text(v.why));
    size_t at = str_search(text, STR("%s"));
    char line[500];

    tell(s, rcpt, config_check_name(v.check));
    snprintf(line, sizeof line, "%s%s %.*s%s", defers ? "4." : "5.", stranger_code(v.why), (int)at, text.p,
             at < text.n ? s->stranger->lists : "");
    TRY(stranger_count(s, SMTP_COUNT_ERROR));
    if (!s->over)
        TRY(smtp_reply_arg(s, defers ? SMTP_STRANGER_DEFERRED : SMTP_STRANGER_REFUSED, str_z(line)));
    return ST_DENIED;
}

/* Without an answer of the keeper nobody is put off. */
static enum st greylist(struct smtp_session *s, struct str rcpt) SUSPENDS
{
    uint64_t wait_s = 0;
    char number[24];

    if (!s->set->smtp_greylist || s->stranger->score < 0 ||
        s->setup.ops->greylist(s->setup.arg, s->txn.reverse_path, rcpt, &wait_s) != ST_BUSY)
        return ST_OK;
    LOG(SMTP_RCPT_GREYLISTED, lf_str("rcpt", rcpt), lf_str("from", s->txn.reverse_path), lf_u64("seconds", wait_s));
    snprintf(number, sizeof number, "%llu", (unsigned long long)wait_s);
    TRY(smtp_reply_arg(s, SMTP_GREYLISTED, str_z(number)));
    return ST_DENIED;
}

enum st stranger_check(struct smtp_session *s, struct str rcpt)
{
    struct smtp_stranger *t = s->stranger;
    struct stranger_verdict v;

    if (!t || is_for_complaints(rcpt))
        return ST_OK;
    t->traits = (t->traits & ~(STRANGER_HAS(HELO_PART) | STRANGER_HAS(HELO_OURS))) | helo_traits(s);
    if (wants_dns(s->set))
        stranger_look_up(s);
    v = stranger_judge(s->set, t->traits);
    if (v.check >= CHECK_DEFER)
        return refuse(s, rcpt, v);
    if (v.check == CHECK_WARN && !t->is_told)
        tell(s, rcpt, config_check_name(v.check));
    return greylist(s, rcpt);
}

static bool is_bad(const struct smtp_session *s)
{
    return (s->stranger->traits & (STRANGER_HAS(EARLY_TALK) | STRANGER_HAS(EARLY_COMMANDS) | STRANGER_HAS(LISTED))) ||
           s->unknown_rcpts > BAD_UNKNOWN;
}

enum st stranger_hold(struct smtp_session *s)
{
    unsigned *held = s->setup.tarpit;
    enum st st;

    if (!s->set->smtp_tarpit || !held || *held >= s->set->smtp_tarpit_connections || !is_bad(s))
        return ST_OK;
    ++*held;
    s->log.action = "held in the tarpit";
    st = co_sleep(deadline_in(s->set->smtp_tarpit));
    --*held;
    return st;
}

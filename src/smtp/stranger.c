#include "smtp/stranger.h"

#include <stdio.h>

/* --- who talks first --------------------------------------------------------------------------------------------- */

/* RFC 5321 section 3.1 has the server speak first. Programs that throw out junk do not wait for it. */
static enum st talked(struct smtp_session *s) SUSPENDS
{
    enum config_check what = s->set->smtp_early_talk;

    LOG(SMTP_TALKED_FIRST, lf_z("action", config_check_name(what)));
    s->stranger->traits |= STRANGER_HAS(EARLY_TALK);
    if (what == CHECK_OFF || what == CHECK_WARN)
        return ST_OK;
    s->greeted = true;
    smtp_session_end(s, ST_DENIED, "talked before the greeting");
    TRY(smtp_reply_arg(s, what == CHECK_DEFER ? SMTP_TURNED_AWAY : SMTP_TALKED_FIRST,
                       STR("Wait for the greeting, and come again")));
    return stranger_count(s, SMTP_COUNT_ERROR);
}

enum st stranger_wait(struct smtp_session *s, enum st why)
{
    struct smtp_stranger *t = s->stranger;

    if (t->waited && why == ST_TIMEOUT && !stream_input(s->stream).n) /* he has kept quiet, as he should */
        return ST_OK;
    if (t->waited && !stream_input(s->stream).n)
        TRY(stream_more(s->stream)); /* or he has gone */
    if (!t->waited) {
        t->waited = true;
        if (!stream_input(s->stream).n &&
            s->setup.ops->park(s->setup.arg, s->stream, deadline_in(s->setup.greet_delay)))
            return ST_PARKED;
    }
    return stream_input(s->stream).n ? talked(s) : ST_OK;
}

/* --- what his network does ------------------------------------------------------------------------------------------- */

static enum st turn_away(struct smtp_session *s) SUSPENDS
{
    smtp_session_end(s, ST_DENIED, "too much from its network");
    return smtp_reply_arg(s, SMTP_TURNED_AWAY, str_z(s->stranger->limit_text));
}

enum st stranger_count(struct smtp_session *s, enum smtp_count what)
{
    struct smtp_stranger *t = s->stranger;

    if (!t || s->setup.ops->count(s->setup.arg, what) == ST_OK)
        return ST_OK;
    snprintf(t->limit_text, sizeof t->limit_text, "%.200s", err_get()->text);
    t->is_over_limit = true;
    return what == SMTP_COUNT_LETTER || s->over ? ST_OK : turn_away(s);
}

enum st stranger_may_send(struct smtp_session *s)
{
    return s->stranger && s->stranger->is_over_limit ? turn_away(s) : ST_OK;
}

/* --- who does not wait for answers --------------------------------------------------------------------------------- */

enum st stranger_pipelined(struct smtp_session *s, const struct smtp_verb *v)
{
    enum config_check what = s->set->smtp_early_commands;

    if (what == CHECK_OFF)
        return ST_OK;
    LOG(SMTP_PIPELINED, lf_str("verb", v->word), lf_z("action", config_check_name(what)));
    s->stranger->traits |= STRANGER_HAS(EARLY_COMMANDS);
    if (what == CHECK_WARN)
        return ST_OK;
    smtp_session_end(s, ST_DENIED, "commands before an answer that has to be waited for");
    return smtp_refuse(s, what == CHECK_DEFER ? SMTP_PIPELINED_LATER : SMTP_PIPELINED, v->word);
}

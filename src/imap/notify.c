#include "imap/notify.h"

#include "base/must.h"
#include "co/co.h"
#include "imap/condstore.h"
#include "imap/list.h"
#include "imap/metadata.h"
#include "imap/status.h"

enum { EVENTS_A_TURN = 32 };

void imap_notify_free(struct imap_notify *n)
{
    if (!n)
        return;
    account_watch_free(n->watch);
    far_watch_free(n->far);
    arena_fini(&n->arena);
    mem_free(n);
}

/* --- the selected mailbox ------------------------------------------------------------------------------------------ */

bool imap_notify_tells(const struct imap_session *s)
{
    return s->notify ? s->notify->selected != 0 : s->in_idle;
}

bool imap_notify_may_expunge(const struct imap_session *s)
{
    return !s->notify || !s->notify->is_delayed || s->in_idle;
}

static unsigned all_events(const struct imap_notify *n)
{
    unsigned events = 0;

    for (size_t i = 0; i < n->n; i++)
        events |= n->groups[i].events;
    return events;
}

bool imap_notify_tells_notes(const struct imap_session *s)
{
    return s->in_idle || (s->notify && all_events(s->notify) & (NOTIFY_METADATA | NOTIFY_SERVER));
}

bool imap_notify_has(const struct imap_session *s)
{
    if (s->view && imap_notify_tells(s) && view_has_changes(s->view, imap_notify_may_expunge(s)))
        return true;
    if (s->notes && imap_notify_tells_notes(s) && note_watch_has_more(s->notes))
        return true;
    if (s->notify && s->notify->far && far_watch_has(s->notify->far))
        return true;
    return s->notify && s->notify->watch && account_watch_has(s->notify->watch);
}

enum st imap_notify_send(struct imap_session *s)
{
    if (imap_notify_tells(s)) {
        TRY(imap_send_changes(s, imap_notify_may_expunge(s)));
        imap_lower_modseq(s);
    }
    imap_put_changed_metadata(s);
    return imap_notify_send_others(s);
}

void imap_notify_own(struct imap_session *s, uint32_t uidvalidity, const uint32_t *uids, size_t n)
{
    if (!s->notify || !s->view || n == 0 || view_info(s->view)->uidvalidity != uidvalidity)
        return;
    s->notify->own = (struct uid_range){uids[0], uids[0]};
    for (size_t i = 1; i < n; i++) {
        s->notify->own.lo = MIN(s->notify->own.lo, uids[i]);
        s->notify->own.hi = MAX(s->notify->own.hi, uids[i]);
    }
}

/* --- all others ----------------------------------------------------------------------------------------------------- */

/* `subscribed`: it is, or was until now. */
static unsigned events_in(const struct imap_notify *n, struct str name, bool subscribed, bool is_own)
{
    unsigned events = 0;

    for (size_t i = 0; i < n->n; i++)
        if (imap_filter_has(&n->groups[i].filter, name, subscribed, is_own))
            events |= n->groups[i].events;
    return events;
}

static unsigned events_of(const struct imap_notify *n, struct str name, bool subscribed)
{
    return events_in(n, name, subscribed, true);
}

unsigned imap_notify_events(const struct imap_notify *n, const struct mailbox_info *box)
{
    return events_in(n, box->name, box->subscribed, !box->owner);
}

/* ENABLE METADATA asks for all, whatever NOTIFY says. */
bool imap_notify_wants_note(const struct imap_session *s, struct str mailbox)
{
    if (imap_is_enabled(s, FEATURE_METADATA))
        return true;
    if (!s->notify)
        return false;
    if (!mailbox.n)
        return all_events(s->notify) & NOTIFY_SERVER;
    return events_of(s->notify, mailbox, account_is_subscribed(s->account, mailbox)) & NOTIFY_METADATA;
}

static bool is_selected(const struct imap_session *s, const struct mailbox_info *box)
{
    return s->view && imap_is_same_mailbox(view_info(s->view), box);
}

void imap_notify_put_status(struct imap_session *s, unsigned events, const struct mailbox_info *box)
{
    if (events & NOTIFY_MESSAGES && !box->noselect && !is_selected(s, box))
        imap_put_status_items(s, box->name, imap_status_of_changes(s, events & NOTIFY_FLAGS), box);
}

static void put_name(struct imap_session *s, struct str name, struct str old_name, const struct mailbox_info *box,
                     bool subscribed) SUSPENDS
{
    struct buf attributes;

    buf_init(&attributes, 200);
    imap_list_attributes(&attributes, &s->withheld, box, subscribed);
    imap_put_list_line(s, buf_str(&attributes), name, old_name);
    buf_fini(&attributes);
}

/* How it stands now. *out_box NULL: there is no such mailbox. */
static enum st look_at(struct imap_session *s, struct str name, struct mailbox_info *info,
                       const struct mailbox_info **out_box) SUSPENDS
{
    enum st st = mailbox_status(s->account, &s->cmd_arena, name, info);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    *out_box = st == ST_OK ? info : NULL;
    return ST_OK;
}

static bool is_wanted(const struct imap_session *s, const struct account_event *e, bool subscribed)
{
    const struct imap_notify *n = s->notify;
    unsigned want = e->what == ACCOUNT_SUBSCRIPTION ? NOTIFY_SUBSCRIPTION : NOTIFY_NAME;

    if (events_of(n, e->name, subscribed || e->what == ACCOUNT_SUBSCRIPTION) & want)
        return true;
    return e->what == ACCOUNT_RENAMED &&
           events_of(n, e->old_name, account_is_subscribed(s->account, e->old_name)) & want;
}

/* Sections 5.4 and 5.5. A mailbox that was made under a name that there was before has another UIDVALIDITY (section 5.1). */
static enum st send_name(struct imap_session *s, const struct account_event *e) SUSPENDS
{
    const struct mailbox_info *box = NULL;
    struct mailbox_info info;
    bool subscribed = account_is_subscribed(s->account, e->name);

    TRY(look_at(s, e->name, &info, &box));
    if (is_wanted(s, e, subscribed))
        put_name(s, e->name, e->what == ACCOUNT_RENAMED ? e->old_name : STR_NONE, box, subscribed);
    if (box && e->what == ACCOUNT_NAME && imap_notify_events(s->notify, box) & NOTIFY_FLAGS)
        imap_notify_put_status(s, NOTIFY_FLAGS, box);
    return ST_OK;
}

static unsigned events_behind(unsigned messages)
{
    return (messages & (WATCH_ADDED | WATCH_REMOVED) ? NOTIFY_NEW | NOTIFY_EXPUNGE : 0u) |
           (messages & WATCH_FLAGS ? (unsigned)NOTIFY_FLAGS : 0u);
}

static enum st send_messages(struct imap_session *s, const struct account_event *e) SUSPENDS
{
    struct mailbox_info info;
    unsigned events;

    if (mailbox_status_by_id(s->account, &s->cmd_arena, e->id, &info) != ST_OK)
        return ST_OK; /* it is gone */
    events = imap_notify_events(s->notify, &info);
    if (events & events_behind(e->messages))
        imap_notify_put_status(s, events, &info);
    return ST_OK;
}

void imap_notify_none(struct imap_session *s)
{
    imap_notify_free(s->notify);
    s->notify = MEM_NEW(struct imap_notify);
    imap_watch_metadata(s, imap_is_enabled(s, FEATURE_METADATA));
}

/* Section 5.8: as if NOTIFY NONE had come. */
static void overflow(struct imap_session *s) SUSPENDS
{
    imap_notify_none(s);
    imap_put(&s->conn, STR("* OK [NOTIFICATIONOVERFLOW] Too much has changed; nothing more is told\r\n"));
}

/* What is shown of a name of others: whether there are more below it is not asked. */
static void put_far_name(struct imap_session *s, const struct far_event *e, const char *attribute, struct str old_name)
    SUSPENDS
{
    imap_put_list_line(s, str_z(attribute), e->name, old_name);
}

/* Of a mailbox of somebody else: sections 5.1 to 5.4, and 5.9 when the right to it comes or goes. */
static enum st send_far(struct imap_session *s, const struct far_event *e) SUSPENDS
{
    unsigned events = events_in(s->notify, e->name, account_is_subscribed(s->account, e->name), false);
    struct mailbox_info info;
    enum st st;

    if (e->old_name.n)
        events |= events_in(s->notify, e->old_name, account_is_subscribed(s->account, e->old_name), false);
    if (e->gone) {
        if (events & NOTIFY_NAME && !e->was_hidden)
            put_far_name(s, e, "\\NonExistent", STR_NONE);
        return ST_OK;
    }
    st = mailbox_status(s->account, &s->cmd_arena, e->name, &info);
    if ((st == ST_NOTFOUND || st == ST_NOPERM) && !e->was_hidden) {
        far_watch_hide(e, true);
        put_far_name(s, e, "\\NoAccess", STR_NONE);
    }
    if (st != ST_OK)
        return st == ST_CANCELED ? st : ST_OK; /* another time, then */
    if (e->was_hidden) {
        far_watch_hide(e, false);
        put_far_name(s, e, "", STR_NONE);
    } else if (e->old_name.n && events & NOTIFY_NAME) {
        put_far_name(s, e, "", e->old_name);
    }
    if (events & (e->was_hidden ? (unsigned)NOTIFY_MESSAGES : events_behind(e->messages)))
        imap_notify_put_status(s, events, &info);
    return ST_OK;
}

static enum st send_all_far(struct imap_session *s) SUSPENDS
{
    struct far_event e;

    while (s->notify && s->notify->far && far_watch_next(s->notify->far, &s->cmd_arena, &e)) {
        if (e.lost)
            overflow(s);
        else
            TRY(send_far(s, &e));
        TRY(imap_conn_check(&s->conn));
    }
    return ST_OK;
}

enum st imap_notify_send_others(struct imap_session *s)
{
    struct account_event e;
    unsigned n = 0;

    while (s->notify && s->notify->watch && account_watch_next(s->notify->watch, &e)) {
        if (e.what == ACCOUNT_OVERFLOW)
            overflow(s);
        else if (e.what == ACCOUNT_MESSAGES)
            TRY(send_messages(s, &e));
        else
            TRY(send_name(s, &e));
        TRY(imap_conn_check(&s->conn));
        if (++n % EVENTS_A_TURN == 0)
            co_yield ();
    }
    return send_all_far(s);
}

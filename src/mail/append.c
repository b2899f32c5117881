/* New messages in one account: APPEND, and what it shares with delivery. */
#include "mail/edit.h"
#include "mail/guest.h"

#include "base/metrics.h"
#include "base/must.h"
#include "base/uidl_format.h"

/* The record comes from another process: its bounds are checked here, and it must be of these bytes. */
enum st append_check(const struct new_mail *mail, struct letter_size *out)
{
    struct mime_record rec;

    TRY(mime_record_open(mail->record, &rec));
    if (!mail->stage && rec.size != mail->bytes.n)
        return FAIL(ST_CORRUPT, "the record is of a letter of %u bytes, not %zu", rec.size, mail->bytes.n);
    if (mail->prefix.n > LIMIT_MAIL_PREFIX)
        return FAIL(ST_LIMIT, "no more than %u bytes stand before a letter", (unsigned)LIMIT_MAIL_PREFIX);
    for (size_t i = 0; i < mail->n_keywords; i++) {
        if (!keyword_is_valid(mail->keywords[i]))
            return FAIL(ST_SYNTAX, "that is no keyword");
    }
    if (mail->uidl.n && !uidl_is_valid(mail->uidl))
        return FAIL(ST_SYNTAX, "that is no unique id of POP3");
    *out = (struct letter_size){rec.size, rec.header_size};
    return ST_OK;
}

uint32_t append_letter(struct change *c, struct mailbox *mb, const struct letter *l, struct str prefix)
{
    const struct new_mail *mail = l->mail;
    struct hot h = {
        .size = (uint32_t)(l->size + prefix.n),
        .flags = (uint8_t)(mail->flags & HOT_FLAGS),
        .internal_date_us = mail->internal_date_us ? mail->internal_date_us : l->now_us,
        .save_date_us = l->now_us,
        .blob = l->blob,
    };

    for (size_t i = 0; i < mail->n_keywords; i++) {
        int bit = mailbox_keyword(mb, mail->keywords[i], true);

        if (bit >= 0)
            h.keywords |= 1ull << bit;
    }
    h.email = change_new_email(c, l->blob, prefix, mail->record);
    return change_add(change_mailbox(c, mb), &h);
}

static bool has_room(struct mailbox *mb, const struct new_mail *mail)
{
    for (size_t i = 0; i < mail->n_keywords; i++) {
        if (mailbox_keyword(mb, mail->keywords[i], true) < 0)
            return false;
    }
    return true;
}

static enum st check_all(struct mailbox *mb, const struct new_mail *mails, size_t n, struct letter_size *sizes)
{
    if (n > LIMIT_MAIL_COMMIT || UINT32_MAX - mb->uidnext_pending <= n)
        return FAIL(ST_LIMIT, "no more than %u messages are added at once", (unsigned)LIMIT_MAIL_COMMIT);
    for (size_t i = 0; i < n; i++) {
        TRY(append_check(&mails[i], &sizes[i]));
        if (!has_room(mb, &mails[i]))
            return FAIL(ST_LIMIT, "no more than %u keywords in a mailbox", (unsigned)LIMIT_KEYWORDS);
    }
    return ST_OK;
}

/* Uids that come along: ascending, none of them given yet, and of the mailbox's own uidvalidity, unless it never had any. */
static enum st check_origin(const struct mailbox *mb, const struct new_mail *mails, size_t n)
{
    uint32_t validity = mails[0].uidvalidity, next = mb->uidnext_pending;

    for (size_t i = 0; i < n; i++) {
        if (mails[i].uidvalidity != validity || (mails[i].uid && !validity))
            return FAIL(ST_DENIED, "messages of several origins at once");
        if (mails[i].uid && mails[i].uid < next)
            return FAIL(ST_DENIED, "the mailbox is at uid %u already", next);
        if (MAX(mails[i].uid, mails[i].uidnext) >= UINT32_MAX - LIMIT_MAIL_COMMIT)
            return FAIL(ST_DENIED, "the mailbox would run out of uids");
        next = MAX(MAX(next, mails[i].uid) + 1, mails[i].uidnext);
    }
    if (validity && mb->uidvalidity != validity && mb->uidnext_pending != 1)
        return FAIL(ST_DENIED, "the mailbox has had messages of its own");
    return ST_OK;
}

static void adopt(struct change *c, struct mailbox *mb, uint32_t validity)
{
    if (!validity || mb->uidvalidity == validity)
        return;
    mb->uidvalidity = validity;
    c->a->rec.uidvalidity_high = MAX(c->a->rec.uidvalidity_high, validity);
    c->rec_changed = true;
}

static void move_uidnext(struct change *c, struct mailbox *mb, uint32_t to)
{
    if (to <= mb->uidnext_pending)
        return;
    mb->uidnext_pending = to;
    change_mailbox(c, mb)->uidnext = to;
}

/* It may have to wait, and the mailbox may go meanwhile. */
static enum st prepare_keywords(struct mailbox **mb, const struct new_mail *mails, size_t n, const struct target *t)
    SUSPENDS
{
    struct account *a = (*mb)->a;
    enum st st = ST_OK;

    mailbox_hold(*mb);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = keywords_prepare(*mb, mails[i].keywords, mails[i].n_keywords);
    mailbox_release(*mb);
    return st == ST_OK ? target_find(a, t, mb) : st;
}

struct appending {
    struct account *a;
    const struct target *target;
    const struct new_mail *mails;
    size_t n;
    struct kv_blob *blobs;
    struct letter_size *sizes;
    uint32_t uidvalidity, *uids;
    struct view *view; /* of a message that goes in the same commit; NULL: none does */
    uint32_t replaced;
    struct pick pick; /* that message */
};

/* What goes makes room for what comes (RFC 8508 section 3.4). */
static enum st check_room(const struct appending *g)
{
    uint64_t bytes = 0, goes = g->view ? g->pick.h[0].size : 0;

    for (size_t i = 0; i < g->n; i++)
        bytes += g->sizes[i].bytes + g->mails[i].prefix.n;
    if (g->view && bytes <= goes) /* nothing more than there is, even over quota */
        return ST_OK;
    return account_has_room(g->a, bytes - goes, g->view ? g->n - 1 : g->n);
}

static enum st may_append(struct appending *g, struct mailbox **out) SUSPENDS
{
    TRY(target_find(g->a, g->target, out));
    TRY(prepare_keywords(out, g->mails, g->n, g->target));
    TRY(check_all(*out, g->mails, g->n, g->sizes));
    return check_origin(*out, g->mails, g->n);
}

static enum st pick_replaced(struct appending *g, struct arena *ar, bool *out_waited) SUSPENDS
{
    struct uid_range r = {g->replaced, g->replaced};

    if (!g->view->mb->durable.exists)
        return FAIL(ST_DENIED, "the mailbox was deleted");
    pick_view(g->view, (struct uid_set){&r, 1}, 1, 1, NULL, ar, &g->pick);
    if (g->pick.n == 0)
        return FAIL(ST_DENIED, "the message was expunged");
    *out_waited = false;
    return kept_is_on(g->a) ? ST_OK : pick_refs(g->a, &g->pick, out_waited);
}

/* All that may wait, until nothing has waited behind a look at the state. */
static enum st prepare(struct appending *g, struct arena *ar, struct mailbox **out) SUSPENDS
{
    bool waited = true;

    while (waited) {
        TRY(may_append(g, out));
        waited = false;
        if (g->view)
            TRY(pick_replaced(g, ar, &waited));
    }
    return check_room(g);
}

static void remove_replaced(struct change *c, const struct appending *g)
{
    struct mailbox_change *source = change_mailbox(c, g->view->mb);

    source->origin = g->view->id;
    change_edits(source, 1);
    change_edit_remove(source, &g->pick.h[0]);
    edit_let_go(c, g->view->mb, &g->pick.h[0]);
}

static enum st try_once(struct appending *g, struct arena *ar, bool *out_taken) SUSPENDS
{
    uint64_t now = clock_wall_us();
    struct mailbox *mb;
    struct change *c;
    enum st st;

    *out_taken = false;
    TRY(prepare(g, ar, &mb));
    c = change_begin(g->a);
    if (g->view)
        remove_replaced(c, g);
    adopt(c, mb, g->mails[0].uidvalidity);
    g->uidvalidity = mb->uidvalidity;
    for (size_t i = 0; i < g->n; i++) {
        const struct new_mail *mail = &g->mails[i];
        struct letter l = {
            .mail = mail, .blob = blob_new_id(account_store(g->a)), .size = g->sizes[i].bytes, .now_us = now};

        g->blobs[i] = (struct kv_blob){
            .id = l.blob, .bytes = mail->bytes, .stage = mail->stage, .refs = 1, .head = g->sizes[i].head};
        move_uidnext(c, mb, mail->uid);
        g->uids[i] = append_letter(c, mb, &l, mail->prefix);
        if (mail->uidl.n)
            change_uidl(c, mb, g->uids[i], mail->uidl);
        if (mail->seen_by)
            change_seen(change_mailbox(c, mb), mail->seen_by, g->uids[i], true);
        move_uidnext(c, mb, mail->uidnext);
    }
    st = change_commit(c, g->blobs, g->n);
    *out_taken = st != ST_CANCELED;
    return st;
}

static enum st append_all(struct appending *g, struct arena *ar) SUSPENDS
{
    unsigned tries = 0;
    bool taken;
    enum st st;

    g->blobs = ARENA_ARRAY(ar, struct kv_blob, g->n);
    g->sizes = ARENA_ARRAY(ar, struct letter_size, g->n);
    g->uids = ARENA_ARRAY(ar, uint32_t, g->n);
    do
        st = try_once(g, ar, &taken);
    while (change_again(st, &tries));
    for (size_t i = 0; i < g->n && !taken; i++) /* stages are taken over whatever happens */
        blob_unstage(account_store(g->a), g->mails[i].stage);
    return st;
}

enum st mail_append_own(struct account *a, const struct target *t, const struct new_mail *mails, size_t n,
                        struct arena *ar, uint32_t *out_uidvalidity, uint32_t **out_uids)
{
    struct appending g = {.a = a, .target = t, .mails = mails, .n = n};

    TRY(append_all(&g, ar));
    *out_uidvalidity = g.uidvalidity;
    *out_uids = g.uids;
    return ST_OK;
}

enum st view_replace_own(struct view *v, uint32_t uid, const struct target *t, const struct new_mail *mail,
                         struct arena *ar, uint32_t *out_uidvalidity, uint32_t **out_uid)
{
    struct appending g = {.a = v->mb->a, .target = t, .mails = mail, .n = 1, .view = v, .replaced = uid};
    enum st st;

    must(!v->read_only);
    refs_hold(g.a);
    st = append_all(&g, ar);
    refs_release(g.a);
    TRY(st);
    metric_add(METRIC_MESSAGES_REMOVED, 1);
    *out_uidvalidity = g.uidvalidity;
    *out_uid = g.uids;
    return ST_OK;
}

/* --- also to other accounts ----------------------------------------------------------------------------------- */

static void unstage(struct account *a, const struct new_mail *mails, size_t n)
{
    for (size_t i = 0; i < n; i++)
        blob_unstage(account_store(a), mails[i].stage);
}

enum st mail_append(struct account *a, struct str mailbox, const struct new_mail *mails, size_t n, struct arena *ar,
                    uint32_t *out_uidvalidity, uint32_t **out_uids)
{
    struct place p;
    enum st st = place_find(a, ar, mailbox, &p);

    if (st != ST_OK) {
        unstage(a, mails, n);
        return st;
    }
    return p.is_own ? mail_append_own(a, &(struct target){.name = p.name}, mails, n, ar, out_uidvalidity, out_uids)
                    : guest_append(a, &p, mails, n, ar, out_uidvalidity, out_uids);
}

/* One commit has to do both, and a commit's mailboxes are of one account. */
enum st view_replace(struct view *v, uint32_t uid, struct str mailbox, const struct new_mail *mail, struct arena *ar,
                     uint32_t *out_uidvalidity, uint32_t **out_uid)
{
    struct place p;
    enum st st = place_find(v->replica ? v->actor : v->mb->a, ar, mailbox, &p);

    if (st == ST_OK && p.owner != v->mb->a->id)
        st = FAIL(ST_DENIED, "A message can't be replaced by one in another account");
    if (st != ST_OK) {
        unstage(v->mb->a, mail, 1);
        return st;
    }
    return v->replica ? guest_replace(v, &p, uid, mail, ar, out_uidvalidity, out_uid)
                      : view_replace_own(v, uid, &(struct target){.name = p.name}, mail, ar, out_uidvalidity, out_uid);
}

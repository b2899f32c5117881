#include "smtp/ext.h"
#include "smtp/finish.h"
#include "smtp/stranger.h"

static enum st parse(struct smtp_cmd *c, struct smtp_path *path) SUSPENDS
{
    struct smtp_session *s = c->s;
    enum st st = smtp_path_parse(c->args, STR("TO:"), path);

    if (st == ST_DENIED)
        TRY(smtp_refuse(s, SMTP_BAD_ADDRESS, str_z(err_get()->text)));
    else if (st != ST_OK)
        TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax)));
    else if (!path->is_postmaster && path->addr.is_utf8 && !s->txn.utf8)
        TRY(smtp_refuse(s, SMTP_UTF8_NOT_OFFERED, path->text));
    else
        return ST_OK;
    return ST_DENIED;
}

/* t->n_targets: not yet. */
static size_t known(const struct smtp_txn *t, const struct rcpt_target *n)
{
    for (size_t i = 0; i < t->n_targets; i++) {
        const struct rcpt_target *o = &t->targets[i];

        if (o->kind == n->kind && o->account == n->account &&
            (n->kind == RCPT_LOCAL || str_ieq(o->address, n->address)) && str_eq(o->mailbox, n->mailbox))
            return i;
    }
    return t->n_targets;
}

static struct rcpt_target kept(struct arena *a, const struct rcpt_target *t)
{
    struct rcpt_target k = *t;

    k.address = arena_str(a, t->address);
    k.original = arena_str(a, t->original);
    k.mailbox = arena_str(a, t->mailbox);
    k.pass = arena_str(a, t->pass);
    return k;
}

/* Two addresses that lead to the same mailbox bring one letter there. */
static enum st add(struct smtp_session *s, const struct rcpt_target *targets, size_t n, struct str params)
{
    struct smtp_txn *t = &s->txn;

    if (t->n_targets + n > RCPT_TARGETS_MAX)
        return FAIL(ST_LIMIT, "more than %d recipients with all aliases", RCPT_TARGETS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (known(t, &targets[i]) < t->n_targets)
            continue;
        if (t->n_targets == t->cap_targets) {
            struct rcpt_target *more;

            t->cap_targets = MAX(t->cap_targets * 2, 4);
            more = ARENA_ARRAY(&s->txn_arena, struct rcpt_target, t->cap_targets);
            if (t->n_targets)
                memcpy(more, t->targets, t->n_targets * sizeof *more);
            t->targets = more;
        }
        t->targets[t->n_targets] = kept(&s->txn_arena, &targets[i]);
        t->targets[t->n_targets++].params = params;
    }
    return ST_OK;
}

/* RFC 2033 section 4.2: each RCPT has an answer of its own behind the letter, also one that leads to where another one does. */
static void note_rcpt(struct smtp_session *s, const struct rcpt_target *targets, size_t n)
{
    struct smtp_txn *t = &s->txn;
    struct smtp_rcpt *r;

    if ((t->n_rcpts & (t->n_rcpts - 1)) == 0) { /* 0, and the powers of two: room for as many again */
        struct smtp_rcpt *more = ARENA_ARRAY(&s->txn_arena, struct smtp_rcpt, t->n_rcpts ? 2 * t->n_rcpts : 1);

        if (t->n_rcpts)
            memcpy(more, t->rcpts, t->n_rcpts * sizeof *more);
        t->rcpts = more;
    }
    r = &t->rcpts[t->n_rcpts];
    *r = (struct smtp_rcpt){.targets = ARENA_ARRAY(&s->txn_arena, uint32_t, n), .n = n};
    for (size_t i = 0; i < n; i++)
        r->targets[i] = (uint32_t)known(t, &targets[i]);
}

static enum st refuse_unknown(struct smtp_session *s, struct str address) SUSPENDS
{
    if (++s->unknown_rcpts > s->set->smtp_max_unknown_recipients) {
        smtp_session_end(s, ST_DENIED, "too many unknown recipients");
        return smtp_reply(s, SMTP_TOO_MANY_UNKNOWN);
    }
    LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "no such user"));
    TRY(stranger_count(s, SMTP_COUNT_UNKNOWN));
    return s->over ? ST_OK : smtp_reply_arg(s, SMTP_NO_SUCH_USER, address);
}

static enum st refuse_full(struct smtp_session *s, enum st st, struct str address) SUSPENDS
{
    LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "over quota"));
    if (st == ST_TOOBIG)
        return smtp_reply_arg(s, SMTP_MAILBOX_TOO_SMALL, address);
    return smtp_reply_arg(s, s->set->quota_full == FULL_PERMANENT ? SMTP_MAILBOX_FULL_NOW_BOUNCE : SMTP_MAILBOX_FULL,
                          address);
}

/* In the administrator's words. Whoever has not asked for SMTPUTF8 reads ASCII only (RFC 6531 section 3.5). */
enum st smtp_refuse_disabled(struct smtp_session *s, struct str address)
{
    struct str says = str_z(err_get()->text), text;
    struct arena a = ARENA_INIT; /* not that of the transaction, in which this may be asked again and again */
    enum st st;
    char *p;

    LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "disabled"));
    text = arena_printf(&a, "<%.*s> does not take mail%s%.*s", STR_ARGS(address), says.n ? ": " : "", STR_ARGS(says));
    p = (char *)(uintptr_t)text.p;
    for (size_t i = 0; i < text.n && !s->txn.utf8; i++)
        if (p[i] & 0x80)
            p[i] = '?';
    st = smtp_reply_arg(s, SMTP_USER_DISABLED, text);
    arena_fini(&a);
    return st;
}

/* A letter of unknown size for a mailbox that it may not fit would have to be refused to all others too, and again and again:
 * it comes in a transaction of its own. A user's program is not asked for that; it shows the refusal. */
static bool is_tight(const struct smtp_session *s, const struct smtp_rcpt_result *r)
{
    return !s->submission && !s->lmtp && !s->txn.size && r->free < s->set->smtp_max_message_size;
}

static enum st answer(struct smtp_session *s, enum st st, struct str address, struct str params,
                      const struct smtp_rcpt_result *r) SUSPENDS
{
    switch (st) {
    case ST_OK:
        s->txn.most_bytes = r->most_bytes;
        s->txn.most_rcpts = r->most_rcpts;
        if (s->txn.size > smtp_most_bytes(s))
            return smtp_refuse(s, SMTP_TOO_LARGE, smtp_size_text(s));
        if (s->txn.n_rcpts && (s->txn.is_tight || is_tight(s, r)))
            return smtp_reply_arg(s, SMTP_NEARLY_FULL, s->txn.is_tight ? STR("Another recipient") : address);
        s->txn.is_tight = is_tight(s, r);
        if (add(s, r->targets, r->n, params) != ST_OK)
            return smtp_reply(s, SMTP_TOO_MANY_RCPTS);
        if (s->lmtp)
            note_rcpt(s, r->targets, r->n);
        s->txn.only_rcpt = s->txn.n_rcpts++ ? STR_NONE : arena_str(&s->txn_arena, address);
        return smtp_reply(s, SMTP_RCPT_OK);
    case ST_NOTFOUND: return refuse_unknown(s, address);
    case ST_BUSY: return smtp_reply_arg(s, SMTP_RCPT_UNVERIFIED, address);
    case ST_OVERRATE:
        LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "sending limit"));
        return smtp_reply_arg(s, SMTP_SENDING_LIMIT, str_z(err_get()->text));
    case ST_FOREIGN:
        LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "relaying denied"));
        return smtp_refuse(s, SMTP_RELAY_DENIED, address);
    case ST_SUPPRESSED:
        LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "suppressed"));
        return smtp_reply_arg(s, SMTP_SUPPRESSED, str_z(err_get()->text));
    case ST_DENIED: return smtp_refuse_disabled(s, address);
    case ST_LOOP:
        LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "alias loop"));
        return smtp_reply_arg(s, SMTP_ALIAS_LOOP, address);
    case ST_LIMIT:
        LOG(SMTP_RCPT_REJECTED, lf_str("rcpt", address), lf_z("reason", "too many targets"));
        return smtp_reply_arg(s, SMTP_ALIAS_TOO_WIDE, address);
    case ST_OVERQUOTA:
    case ST_TOOBIG: return refuse_full(s, st, address);
    default: return smtp_reply(s, SMTP_LOCAL_ERROR);
    }
}

/* What RCPT said beside the address, as a list that goes with each of its targets; empty: nothing. */
static enum st take_params(struct smtp_session *s, const struct smtp_path *path, struct arena *a, struct str *out)
    SUSPENDS
{
    struct attribute list[SMTP_PARAMS_MAX];
    struct buf b;
    size_t n = 0;
    enum st st;

    TRY(smtp_ext_params(s, path, false, a, list, &n));
    *out = STR("");
    if (!n)
        return ST_OK;
    buf_init(&b, LIMIT_RCPT_PARAMS);
    attributes_put(&b, list, n);
    st = buf_check(&b);
    if (st == ST_OK)
        *out = arena_str(&s->txn_arena, buf_str(&b));
    buf_fini(&b);
    return st;
}

/* What is asked for lives in `a`: only targets that are new stay with the transaction, however often a client repeats himself. */
static enum st ask(struct smtp_cmd *c, struct arena *a) SUSPENDS
{
    struct smtp_session *s = c->s;
    struct smtp_path *path = ARENA_NEW(a, struct smtp_path);
    struct smtp_rcpt_result r = {.free = UINT64_MAX};
    struct str address, params = STR("");
    enum st st = parse(c, path);

    if (st == ST_OK)
        st = take_params(s, path, a, &params);
    if (st != ST_OK)
        return st == ST_DENIED ? ST_OK : st;
    s->txn.has_asked = s->txn.has_asked || smtp_submitter(s);
    address = path->is_postmaster ? STR("postmaster") : path->addr.whole;
    s->txn.asked = address;
    st = s->setup.ops->resolve(s->setup.arg, s->txn.id, smtp_submitter(s), s->txn.size, address, a, &r);
    if (st == ST_OK) {
        st = stranger_check(s, address);
        if (st != ST_OK)
            return st == ST_DENIED ? ST_OK : st;
    }
    return answer(s, st, address, params, &r);
}

enum st smtp_cmd_rcpt(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct arena a = ARENA_INIT;
    enum st st;

    if (!s->txn.open)
        return smtp_refuse(s, SMTP_NEED_MAIL, STR(""));
    if (s->txn.chunks || s->txn.bdat_failed)
        return smtp_refuse(s, SMTP_BDAT_BEGUN, STR(""));
    if (s->txn.n_rcpts >= s->set->smtp_max_recipients || (s->txn.most_rcpts && s->txn.n_rcpts >= s->txn.most_rcpts))
        return smtp_reply(s, SMTP_TOO_MANY_RCPTS);
    st = ask(c, &a);
    s->txn.asked = STR_NONE;
    arena_fini(&a);
    return st;
}

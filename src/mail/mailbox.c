/* The tree of mailboxes of an account: listing, making, deleting, renaming, subscribing. Levels are separated by
 * "/"; a name that has only mailboxes below it is \Noselect. Subscriptions are a list of names of their own, as RFC 3501
 * 6.3.6 has it: they outlive what they name and do not follow a renaming. */
#include "mail/edit.h"
#include "mail/guest.h"

#include "base/must.h"

#include <stdlib.h>

static const struct str inbox_name = STR("INBOX");

/* --- names ---------------------------------------------------------------------------------------------- */

/* INBOX in any case is INBOX, also as the first level of others. */
struct str mailbox_canonical(struct arena *ar, struct str name)
{
    struct str copy;

    if (!str_istarts(name, inbox_name) || (name.n > inbox_name.n && name.p[inbox_name.n] != '/'))
        return name;
    copy = arena_str(ar, name);
    memcpy((char *)copy.p, inbox_name.p, inbox_name.n);
    return copy;
}

/* Does the text, which is UTF-8, begin with what RFC 6855 section 3 excludes from names: C0, DEL, C1, U+2028, U+2029? */
static bool is_control(struct str s)
{
    unsigned char c = (unsigned char)s.p[0];

    if (c < ' ' || c == 0x7f)
        return true;
    if (c == 0xc2)
        return s.n > 1 && (unsigned char)s.p[1] < 0xa0;
    return str_starts(s, STR("\xe2\x80\xa8")) || str_starts(s, STR("\xe2\x80\xa9"));
}

static enum st check_name(struct str name)
{
    struct str rest = name, level;

    if (!name.n || name.n > LIMIT_MAILBOX_NAME)
        return FAIL(ST_SYNTAX, "a mailbox name has 1 to %u bytes", (unsigned)LIMIT_MAILBOX_NAME);
    if (!str_is_utf8(name))
        return FAIL(ST_SYNTAX, "a mailbox name is UTF-8");
    if (name.p[0] == '/' || name.p[name.n - 1] == '/')
        return FAIL(ST_SYNTAX, "a mailbox name does not begin or end with \"/\"");
    while (str_split(&rest, '/', &level)) {
        if (!level.n)
            return FAIL(ST_SYNTAX, "a level of a mailbox name is not empty");
    }
    for (size_t i = 0; i < name.n; i++) {
        if (is_control(str_from(name, i)))
            return FAIL(ST_SYNTAX, "a mailbox name has no control characters");
    }
    return ST_OK;
}

static bool is_below(struct str name, struct str parent)
{
    return name.n > parent.n && name.p[parent.n] == '/' && str_starts(name, parent);
}

static bool has_below(const struct account *a, struct str name, bool pending)
{
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        const struct node *n = pending ? &a->mailboxes[i]->pending : &a->mailboxes[i]->durable;

        if (n->exists && is_below(n->name, name))
            return true;
    }
    return false;
}

/* --- listing ---------------------------------------------------------------------------------------------- */

void mailbox_describe(const struct mailbox *mb, struct mailbox_info *out)
{
    *out = (struct mailbox_info){
        .name = mb->durable.name,
        .id = mb->id,
        .uidvalidity = mb->uidvalidity,
        .uidnext = mb->uidnext,
        .messages = (uint32_t)mb->have.messages,
        .unseen = (uint32_t)mb->have.unseen,
        .deleted = (uint32_t)mb->have.deleted,
        .recent = MIN(mb->recent, (uint32_t)mb->have.messages),
        .highestmodseq = mb->highestmodseq,
        .bytes = (uint64_t)mb->have.bytes,
        .use = mb->durable.use,
        .noselect = mb->durable.noselect,
        .rights = RIGHTS_ALL,
    };
    if (mb->messages && !mb->messages->loading && mb->messages->n) /* its last uid may be durable, but not told yet */
        out->uidnext = MAX(out->uidnext, mb->messages->uid[mb->messages->n - 1] + 1);
}

bool account_is_subscribed(const struct account *a, struct str name)
{
    size_t lo = 0, hi = a->n_subs;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = str_cmp(a->subs[mid], name);

        if (order == 0)
            return true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(((const struct mailbox_info *)x)->name, ((const struct mailbox_info *)y)->name);
}

/* In a list sorted by name, what is below a name stands together, but names such as "a-b" may come before "a/". */
static bool sorted_has_below(struct arena *ar, const struct mailbox_info *list, size_t n, struct str name)
{
    struct str first = arena_printf(ar, "%.*s/", STR_ARGS(name));
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (str_cmp(list[mid].name, first) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && str_starts(list[lo].name, first);
}

enum st mailbox_list(struct account *a, struct arena *ar, struct mailbox_info **out, size_t *out_n)
{
    struct mailbox_info *list = ARENA_ARRAY(ar, struct mailbox_info, a->n_mailboxes), inbox;
    size_t n = 0;

    TRY(account_check(a));
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        if (a->mailboxes[i]->durable.exists)
            mailbox_describe(a->mailboxes[i], &list[n++]);
    }
    qsort(list, n, sizeof *list, by_name);
    for (size_t i = 0; i < n; i++) {
        list[i].has_children = sorted_has_below(ar, list, n, list[i].name);
        list[i].subscribed = account_is_subscribed(a, list[i].name);
        list[i].name = arena_str(ar, list[i].name);
    }
    for (size_t i = 1; i < n; i++) {
        if (!str_eq(list[i].name, inbox_name))
            continue;
        inbox = list[i];
        memmove(list + 1, list, i * sizeof *list);
        list[0] = inbox;
    }
    *out = list;
    *out_n = n;
    return ST_OK;
}

static void describe_own(const struct mailbox *mb, struct arena *ar, struct mailbox_info *out)
{
    mailbox_describe(mb, out);
    out->has_children = has_below(mb->a, out->name, false);
    out->subscribed = account_is_subscribed(mb->a, out->name);
    out->name = arena_str(ar, out->name);
}

enum st mailbox_status_own(struct account *a, struct arena *ar, struct str name, struct mailbox_info *out)
{
    struct mailbox *mb;

    TRY(account_check(a));
    mb = account_mailbox(a, mailbox_canonical(ar, name), false);
    if (!mb)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    describe_own(mb, ar, out);
    return ST_OK;
}

enum st mailbox_status_by_id(struct account *a, struct arena *ar, uint32_t id, struct mailbox_info *out)
{
    TRY(account_check(a));
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        if (a->mailboxes[i]->id != id || !a->mailboxes[i]->durable.exists)
            continue;
        describe_own(a->mailboxes[i], ar, out);
        return ST_OK;
    }
    return FAIL(ST_NOTFOUND, "no such mailbox");
}

static enum st sum_deleted(struct mailbox *mb, uint64_t *out) SUSPENDS
{
    const struct messages *m;
    uint64_t sum = 0;

    TRY(messages_load(mb));
    m = mb->messages;
    for (size_t i = 0; i < m->n; i++)
        sum += m->flags[i] & MAIL_DELETED ? m->size[i] : 0;
    *out = sum;
    return ST_OK;
}

enum st mailbox_count_deleted_own(struct account *a, struct mailbox_info *info)
{
    struct mailbox *mb;
    enum st st;

    TRY(account_check(a));
    info->deleted_bytes = 0;
    if (!info->deleted)
        return ST_OK;
    mb = account_mailbox(a, info->name, false);
    if (!mb || mb->id != info->id)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    mailbox_hold(mb);
    st = sum_deleted(mb, &info->deleted_bytes);
    mailbox_release(mb);
    return st;
}

enum st mailbox_subscriptions(struct account *a, struct arena *ar, struct str **out, size_t *out_n)
{
    struct str *list = ARENA_ARRAY(ar, struct str, a->n_subs);

    TRY(account_check(a));
    for (size_t i = 0; i < a->n_subs; i++)
        list[i] = arena_str(ar, a->subs[i]);
    *out = list;
    *out_n = a->n_subs;
    return ST_OK;
}

static enum st subscribe(struct account *a, struct str name, bool on) SUSPENDS
{
    struct change *c;

    TRY(account_check(a));
    TRY(check_name(name));
    if (on && a->n_subs >= a->core->m->opt.max_mailboxes)
        return FAIL(ST_LIMIT, "no more than %u subscriptions", a->core->m->opt.max_mailboxes);
    c = change_begin(a);
    if (account_is_subscribed(a, name) != on || a->in_flight)
        change_subscription(c, name, on);
    return change_commit(c, NULL, 0);
}

enum st mailbox_subscribe(struct account *a, struct str name, bool on)
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    enum st st;

    name = mailbox_canonical(&ar, name);
    do
        st = subscribe(a, name, on);
    while (change_again(st, &tries));
    arena_fini(&ar);
    return st;
}

/* --- making ------------------------------------------------------------------------------------------------- */

/* Missing levels above `name`. */
static void make_parents(struct change *c, struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        struct str parent = str_sub(name, 0, i);

        if (name.p[i] == '/' && !account_mailbox(c->a, parent, true))
            change_new_mailbox(c, parent, MAIL_USE_NONE);
    }
}

static size_t levels(struct str name)
{
    size_t n = 1;

    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == '/';
    return n;
}

static enum st check_room(const struct account *a, struct str name)
{
    if (a->n_mailboxes + levels(name) > a->core->m->opt.max_mailboxes)
        return FAIL(ST_LIMIT, "no more than %u mailboxes", a->core->m->opt.max_mailboxes);
    return ST_OK;
}

/* Who keeps mail by its use, and clients, would not know which of two is meant. */
enum st mailbox_check_use(const struct account *a, const struct mailbox *mb, enum mail_use use)
{
    for (size_t i = 0; use != MAIL_USE_NONE && i < a->n_mailboxes; i++)
        if (a->mailboxes[i] != mb && a->mailboxes[i]->pending.exists && a->mailboxes[i]->pending.use == use)
            return FAIL(ST_DENIED, "another mailbox has that use");
    return ST_OK;
}

static enum st create(struct account *a, struct str name, enum mail_use use, const struct guest *guest) SUSPENDS
{
    struct mailbox *there;
    struct change *c;

    TRY(account_check(a));
    if (guest)
        TRY(guest_may_create(a, guest, name));
    TRY(check_name(name));
    TRY(check_room(a, name));
    there = account_mailbox(a, name, true);
    if (there && !there->pending.noselect)
        return FAIL(ST_EXISTS, "there is such a mailbox");
    TRY(mailbox_check_use(a, NULL, use));
    c = change_begin(a);
    if (there) { /* a bare name becomes a mailbox again, which is a new one */
        struct node none = {.name = there->pending.name};

        change_node(c, there, &none);
    }
    make_parents(c, name);
    change_new_mailbox(c, name, use);
    return change_commit(c, NULL, 0);
}

enum st mailbox_create_own(struct account *a, struct str name, enum mail_use use, const struct guest *guest)
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    enum st st;

    if (name.n && name.p[name.n - 1] == '/')
        name.n--; /* "there will be mailboxes below", RFC 3501 6.3.3: nothing to prepare */
    do
        st = create(a, mailbox_canonical(&ar, name), use, guest);
    while (change_again(st, &tries));
    arena_fini(&ar);
    return st;
}

/* --- deleting ------------------------------------------------------------------------------------------------ */

/* The whole mailbox goes in one commit, once what is left in it is few enough for that. */
static enum st delete_rest(struct mailbox *mb, struct arena *ar, bool keep_name) SUSPENDS
{
    struct node after = {.name = mb->pending.name};
    struct account *a = mb->a;
    struct change *c;
    struct pick p;

    TRY(pick_all(mb, SIZE_MAX, ar, &p));
    if (!mb->pending.exists || mb->pending.noselect)
        return FAIL(ST_NOTFOUND, "somebody else has deleted it");
    c = change_begin(a);
    for (size_t i = 0; i < p.n; i++)
        edit_let_go(c, mb, &p.h[i]);
    change_kv(c, KV_DEL_RANGE, key_hot(&c->arena, mb->id, 0), key_hot(&c->arena, mb->id + 1, 0));
    change_node(c, mb, &after);
    if (keep_name) { /* a name without messages, under another number */
        struct mailbox *bare = change_new_mailbox(c, after.name, MAIL_USE_NONE);
        struct node noselect = {.name = bare->pending.name, .exists = true, .noselect = true};

        change_node(c, bare, &noselect);
    }
    return change_commit(c, NULL, 0);
}

static enum st delete_held(struct mailbox *mb, struct arena *ar, bool keep_name) SUSPENDS
{
    size_t n = LIMIT_MAIL_COMMIT;
    unsigned tries = 0;
    enum st st;

    while (n >= LIMIT_MAIL_COMMIT)
        TRY(mailbox_empty_some(mb, LIMIT_MAIL_COMMIT, &n));
    do
        st = delete_rest(mb, ar, keep_name);
    while (change_again(st, &tries));
    return st;
}

enum st mailbox_delete_own(struct account *a, struct str name)
{
    struct arena ar = ARENA_INIT;
    struct mailbox *mb;
    bool has_children;
    enum st st;

    TRY(account_check(a));
    mb = account_mailbox(a, mailbox_canonical(&ar, name), true);
    arena_fini(&ar);
    if (!mb)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    if (mb == a->inbox)
        return FAIL(ST_DENIED, "INBOX can't be deleted");
    has_children = has_below(a, mb->pending.name, true);
    if (mb->pending.noselect && has_children)
        return FAIL(ST_DENIED, "there are mailboxes below this name");
    if (mb->pending.noselect) {
        struct node none = {.name = mb->pending.name};
        struct change *c = change_begin(a);

        change_node(c, mb, &none);
        return change_commit(c, NULL, 0);
    }
    mailbox_hold(mb);
    refs_hold(a);
    st = delete_held(mb, &ar, has_children);
    refs_release(a);
    if (st == ST_OK)
        IGNORE(mailbox_forget_image(a, mb->id)); /* else images_sweep finds it */
    mailbox_release(mb);
    arena_fini(&ar);
    return st;
}

/* --- renaming ------------------------------------------------------------------------------------------------- */

static struct str moved_name(struct arena *ar, struct str name, struct str from, struct str to)
{
    struct str rest = str_from(name, from.n);

    return arena_printf(ar, "%.*s%.*s", STR_ARGS(to), STR_ARGS(rest));
}

static enum st check_moved(const struct account *a, struct str from, struct str to)
{
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        const struct node *n = &a->mailboxes[i]->pending;

        if (n->exists && is_below(n->name, from) && n->name.n - from.n + to.n > LIMIT_MAILBOX_NAME)
            return FAIL(ST_LIMIT, "the name of a mailbox below it would be too long");
    }
    return ST_OK;
}

static enum st rename_tree(struct account *a, struct mailbox *mb, struct str to) SUSPENDS
{
    struct str from = mb->pending.name;
    size_t n = a->n_mailboxes;
    struct change *c;

    TRY(check_moved(a, from, to));
    c = change_begin(a);
    for (size_t i = 0; i < n; i++) {
        struct mailbox *each = a->mailboxes[i];
        struct node after = each->pending;

        if (!after.exists || (each != mb && !is_below(after.name, from)))
            continue;
        after.name = moved_name(&a->names, after.name, from, to);
        change_node(c, each, &after);
    }
    make_parents(c, to);
    return change_commit(c, NULL, 0);
}

/* INBOX stays, what is in it goes; mailboxes below it stay too (RFC 3501 6.3.5). Its notes are copied (RFC 5464 section 4.1), where
 * the account has room for them. */
static enum st rename_inbox(struct account *a, struct str to) SUSPENDS
{
    struct mailbox *mb;
    enum st st;

    TRY(create(a, to, MAIL_USE_NONE, NULL));
    mb = account_mailbox(a, to, false);
    if (mb) {
        mailbox_hold(mb);
        st = notes_copy(a->inbox, mb);
        mailbox_release(mb);
        if (st != ST_LIMIT)
            TRY(st);
    }
    return mailbox_move_all(a->inbox, to);
}

/* RFC 4314 section 4: "x" on the mailbox, "k" on what it comes to stand below. */
static enum st may_rename(struct account *a, const struct mailbox *mb, struct str to, const struct guest *guest)
{
    TRY(guest_may(mb, guest, RIGHT_REMOVE));
    TRY(guest_may_create(a, guest, to));
    if (mb == a->inbox) /* its mail would move, which is more than those rights say */
        return FAIL(ST_NOPERM, "An INBOX is renamed by its owner only");
    return ST_OK;
}

static enum st rename_to(struct account *a, struct str from, struct str to, const struct guest *guest) SUSPENDS
{
    struct mailbox *mb = account_mailbox(a, from, true);

    if (!mb)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    if (guest)
        TRY(may_rename(a, mb, to, guest));
    TRY(check_name(to));
    if (account_mailbox(a, to, true))
        return FAIL(ST_EXISTS, "there is such a mailbox");
    if (mb == a->inbox)
        return rename_inbox(a, to);
    if (is_below(to, from))
        return FAIL(ST_SYNTAX, "a mailbox can't be moved below itself");
    TRY(check_room(a, to));
    return rename_tree(a, mb, to);
}

enum st mailbox_rename_own(struct account *a, struct str from, struct str to, const struct guest *guest)
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    enum st st;

    if (to.n && to.p[to.n - 1] == '/')
        to.n--;
    do {
        st = account_check(a);
        if (st == ST_OK)
            st = rename_to(a, mailbox_canonical(&ar, from), mailbox_canonical(&ar, to), guest);
    } while (change_again(st, &tries));
    arena_fini(&ar);
    return st;
}

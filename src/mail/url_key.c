#include "mail/url_key.h"
#include "mail/change.h"
#include "mail/layout.h"

#include "base/random.h"

#define TURN_MS 60000

/* One at a time in an account: of two that find no key one makes it. */
static enum st take_turn(struct account *a) SUSPENDS
{
    mono_ms deadline = deadline_in(TURN_MS);

    while (a->url_keys_busy)
        TRY(co_waitq_wait(&a->url_keys_wait, deadline));
    a->url_keys_busy = true;
    return ST_OK;
}

static void give_turn(struct account *a)
{
    a->url_keys_busy = false;
    co_waitq_wake_one(&a->url_keys_wait);
}

static enum st count_row(void *arg, UNUSED struct str key, UNUSED struct str value)
{
    ++*(size_t *)arg;
    return ST_OK;
}

/* Of own mailboxes there are as many as mailboxes; rows for others' outlive these. */
static enum st has_room(struct account *a, struct arena *ar, const struct mailbox_info *mb) SUSPENDS
{
    size_t n = 0;

    if (!mb->owner)
        return ST_OK;
    TRY(kv_walk(account_store(a), a->id, key_url_key(ar, 1, 0), key_letter(ar, KEY_URL_KEY + 1), count_row, &n));
    return n < LIMIT_MAIL_URL_KEYS ? ST_OK : FAIL(ST_LIMIT, "Keys for too many mailboxes of others");
}

static enum st read_key(struct account *a, struct arena *ar, const struct mailbox_info *mb,
                        unsigned char out[MAIL_URL_KEY_BYTES]) SUSPENDS
{
    struct str value;

    TRY(kv_get(account_store(a), ar, a->id, key_url_key(ar, mb->owner, mb->id), &value));
    return url_key_rec_get(value, out);
}

static struct mailbox *own_mailbox(const struct account *a, const struct mailbox_info *mb)
{
    for (size_t i = 0; !mb->owner && i < a->n_mailboxes; i++)
        if (a->mailboxes[i]->id == mb->id && a->mailboxes[i]->pending.exists)
            return a->mailboxes[i];
    return NULL;
}

static enum st write_key(struct account *a, struct arena *ar, const struct mailbox_info *mb,
                         unsigned char out[MAIL_URL_KEY_BYTES]) SUSPENDS
{
    unsigned char fresh[MAIL_URL_KEY_BYTES];
    struct change *c;

    TRY(has_room(a, ar, mb));
    TRY(account_check(a));
    if (!mb->owner && !own_mailbox(a, mb)) /* a key would be left over */
        return FAIL(ST_NOTFOUND, "no such mailbox");
    random_bytes(fresh, sizeof fresh);
    c = change_begin(a);
    change_kv(c, KV_PUT, key_url_key(&c->arena, mb->owner, mb->id), url_key_rec_put(&c->arena, fresh));
    TRY(change_commit(c, NULL, 0));
    memcpy(out, fresh, sizeof fresh);
    return ST_OK;
}

enum st mailbox_url_key(struct account *a, const struct mailbox_info *mb, bool make,
                        unsigned char out[MAIL_URL_KEY_BYTES])
{
    struct arena ar = ARENA_INIT;
    enum st st = read_key(a, &ar, mb, out);

    if (st == ST_NOTFOUND && make) {
        st = take_turn(a);
        if (st == ST_OK) {
            st = read_key(a, &ar, mb, out);
            if (st == ST_NOTFOUND)
                st = write_key(a, &ar, mb, out);
            give_turn(a);
        }
    }
    arena_fini(&ar);
    return st;
}

enum st mailbox_url_key_reset(struct account *a, const struct mailbox_info *mb)
{
    unsigned char key[MAIL_URL_KEY_BYTES];
    struct arena ar = ARENA_INIT;
    struct mailbox *own;
    enum st st;

    TRY(take_turn(a));
    st = write_key(a, &ar, mb, key);
    own = own_mailbox(a, mb);
    if (st == ST_OK && own)
        own->url_key_resets++;
    give_turn(a);
    arena_fini(&ar);
    return st;
}

enum st account_url_keys_drop(struct account *a)
{
    struct change *c;
    enum st st;

    TRY(take_turn(a));
    st = account_check(a);
    if (st == ST_OK) {
        c = change_begin(a);
        change_kv(c, KV_DEL_RANGE, key_letter(&c->arena, KEY_URL_KEY), key_letter(&c->arena, KEY_URL_KEY + 1));
        st = change_commit(c, NULL, 0);
    }
    give_turn(a);
    return st;
}

uint32_t view_url_key_resets(const struct view *v)
{
    return v->mb->url_key_resets;
}

#include "help.h"

#include "mail/url_key.c"

static enum st key_of(struct account *a, const char *mailbox, bool make, unsigned char out[MAIL_URL_KEY_BYTES])
{
    struct view *v;
    enum st st = view_open(a, str_z(mailbox), true, &v);

    if (st == ST_OK) {
        st = mailbox_url_key(a, view_info(v), make, out);
        view_close(v);
    }
    return st;
}

static bool same(const unsigned char a[MAIL_URL_KEY_BYTES], const unsigned char b[MAIL_URL_KEY_BYTES])
{
    return memcmp(a, b, MAIL_URL_KEY_BYTES) == 0;
}

static void body_keys(struct world *w)
{
    unsigned char inbox[MAIL_URL_KEY_BYTES], x[MAIL_URL_KEY_BYTES], again[MAIL_URL_KEY_BYTES];
    struct account *a = open_account(w, 7);
    struct view *v;

    CHECK_ST(key_of(a, "INBOX", false, inbox), ST_NOTFOUND);
    CHECK_ST(key_of(a, "INBOX", true, inbox), ST_OK);
    CHECK_ST(key_of(a, "INBOX", true, again), ST_OK);
    CHECK(same(inbox, again));
    CHECK_ST(mailbox_create(a, STR("x"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(key_of(a, "x", true, x), ST_OK);
    CHECK(!same(inbox, x));
    CHECK_ST(mailbox_rename(a, STR("x"), STR("y")), ST_OK); /* it goes along */
    CHECK_ST(key_of(a, "y", false, again), ST_OK);
    CHECK(same(x, again));
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_ST(key_of(a, "INBOX", false, again), ST_OK);
    CHECK(same(inbox, again));

    CHECK_ST(view_open(a, STR("INBOX"), true, &v), ST_OK);
    CHECK_U64(view_url_key_resets(v), 0);
    CHECK_ST(mailbox_url_key_reset(a, view_info(v)), ST_OK);
    CHECK_U64(view_url_key_resets(v), 1);
    view_close(v);
    CHECK_ST(key_of(a, "INBOX", false, again), ST_OK);
    CHECK(!same(inbox, again));
    CHECK_ST(key_of(a, "y", false, again), ST_OK);
    CHECK(same(x, again));
    CHECK_ST(mailbox_delete(a, STR("y")), ST_OK);
    CHECK_ST(mailbox_create(a, STR("y"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(key_of(a, "y", false, again), ST_NOTFOUND);
    CHECK_ST(key_of(a, "y", true, again), ST_OK);
    CHECK_ST(account_url_keys_drop(a), ST_OK);
    CHECK_ST(key_of(a, "y", false, again), ST_NOTFOUND);
    CHECK_ST(key_of(a, "INBOX", false, again), ST_NOTFOUND);
    account_close(a);
}
TEST(a_mailbox_has_a_key_of_its_own)
{
    in_world(1, body_keys);
}

static void body_failed(struct world *w)
{
    unsigned char key[MAIL_URL_KEY_BYTES];
    struct account *a = open_account(w, 7);
    struct mailbox_info gone = {.id = 4711};

    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(key_of(a, "INBOX", true, key), ST_NOSPACE);
    CHECK_ST(key_of(a, "INBOX", false, key), ST_NOTFOUND);
    CHECK_ST(mailbox_url_key(a, &gone, true, key), ST_NOTFOUND);
    CHECK_ST(mailbox_url_key_reset(a, &gone), ST_NOTFOUND);
    CHECK_ST(key_of(a, "INBOX", true, key), ST_OK); /* the turn was given back */
    account_close(a);
}
TEST(a_key_that_can_t_be_kept_is_none)
{
    in_world(1, body_failed);
}

static void body_guests(struct world *w)
{
    unsigned char key[MAIL_URL_KEY_BYTES], again[MAIL_URL_KEY_BYTES];
    struct account *a = open_account(w, 7);
    struct mailbox_info theirs = {.owner = 9, .id = 1};

    CHECK_ST(mailbox_url_key(a, &theirs, true, key), ST_OK);
    CHECK_ST(mailbox_url_key(a, &theirs, true, again), ST_OK);
    CHECK(same(key, again));
    for (theirs.id = 2; theirs.id <= LIMIT_MAIL_URL_KEYS; theirs.id++)
        CHECK_ST(mailbox_url_key(a, &theirs, true, key), ST_OK);
    CHECK_ST(mailbox_url_key(a, &theirs, true, key), ST_LIMIT);
    CHECK_ST(key_of(a, "INBOX", true, key), ST_OK); /* of its own it may have any */
    account_close(a);
}
TEST(keys_for_others_mailboxes_are_bounded)
{
    in_world(1, body_guests);
}

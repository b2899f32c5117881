/* Images of mailboxes: what comes from one, brought up to date, is what stands in the rows, whatever has happened since. */
#define PACK_MOST 7u /* many chunks of few messages */

#include "help.h"

#include "mail/image.c"
#include "mail/keep.h"
#include "mail/pack.c"

#define MANY 150
#define ME 7

static const struct mail_rules images = {.image_least = 10};

static void append(struct world *w, struct account *a, const char *name, unsigned n)
{
    struct new_mail mails[64];
    uint32_t validity, *new_uids;

    while (n) {
        unsigned some = MIN(n, (unsigned)ARRAY_LEN(mails));

        for (unsigned i = 0; i < some; i++) {
            mails[i] = letter(w, i % 2 ? "odd" : "even");
            mails[i].flags = i % 5 ? 0 : MAIL_SEEN;
        }
        CHECK_ST(mail_append(a, str_z(name), mails, some, &w->arena, &validity, &new_uids), ST_OK);
        n -= some;
    }
}

static void write_images(struct world *w)
{
    mail_tend(w->mail, true, deadline_in(60000));
}

static void restart(struct world *w)
{
    mail_again(w);
    mail_set_rules(w->mail, &images);
}

static bool is_same_hot(const struct hot *x, const struct hot *y)
{
    return x->uid == y->uid && x->size == y->size && x->flags == y->flags && x->keywords == y->keywords &&
           x->modseq == y->modseq && x->internal_date_us == y->internal_date_us && x->save_date_us == y->save_date_us &&
           x->email == y->email && x->blob == y->blob;
}

/* All columns against the rows themselves. */
static bool is_like_rows(const struct world *w, const struct view *v)
{
    const struct messages *m = v->mb->messages;
    struct arena ar = ARENA_INIT;
    struct str from = key_hot(&ar, v->mb->id, 0), to = key_hot(&ar, v->mb->id + 1, 0);
    size_t at = fake_place(w->store, ME, from), n = 0;
    bool same = true;

    for (; at < w->store->n_rows && w->store->rows[at].account == ME && str_cmp(w->store->rows[at].key, to) < 0; at++) {
        struct hot row, have;

        must(hot_get(w->store->rows[at].key, w->store->rows[at].value, &row) == ST_OK);
        if (n < m->n) {
            have = messages_hot(m, n);
            same = same && is_same_hot(&row, &have);
        }
        n++;
    }
    arena_fini(&ar);
    return same && n == m->n && v->n == n;
}

/* Opens after a restart: by the image (or by a walk), and right. */
static void check_opens(struct world *w, const char *name, bool by_image)
{
    struct account *a;
    struct view *v;

    restart(w);
    a = open_account(w, ME);
    w->store->walks = 0;
    v = open_view(a, name);
    CHECK(is_like_rows(w, v));
    CHECK_U64(w->store->walks, !by_image);
    view_close(v);
    account_close(a);
}

static struct account *begin(struct world *w)
{
    struct account *a;

    mail_set_rules(w->mail, &images);
    a = open_account(w, ME);
    append(w, a, "INBOX", MANY);
    append(w, a, "Archive", MANY);
    write_images(w);
    CHECK_U64(w->store->n_images, 2);
    return a;
}

/* --- one change after the other ---------------------------------------------------------------------------- */

static enum st set_keyword(struct view *v, struct uid_set set, const char *name)
{
    struct str keyword = str_z(name);

    return view_store(v, set, &(struct flag_change){.how = FLAGS_ADD, .keywords = &keyword, .n_keywords = 1});
}

static void nothing(struct world *w, struct account *a, struct view *v)
{
    (void)w;
    (void)a;
    (void)v;
}

static void arrive(struct world *w, struct account *a, struct view *v)
{
    (void)v;
    append(w, a, "INBOX", 3);
}

static void flags(struct world *w, struct account *a, struct view *v)
{
    (void)w;
    (void)a;
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_FLAGGED), ST_OK);
    CHECK_ST(add_flags(v, uids(70, 72), MAIL_SEEN), ST_OK);
    CHECK_ST(add_flags(v, uids(MANY, MANY), MAIL_ANSWERED), ST_OK);
}

static void keywords(struct world *w, struct account *a, struct view *v)
{
    (void)w;
    (void)a;
    CHECK_ST(set_keyword(v, uids(5, 6), "first"), ST_OK);
    CHECK_ST(set_keyword(v, uids(6, 8), "second"), ST_OK);
}

static void expunge(struct world *w, struct account *a, struct view *v)
{
    (void)w;
    (void)a;
    CHECK_ST(view_expunge(v, uids(1, 2), true), ST_OK);
    CHECK_ST(view_expunge(v, uids(60, 66), true), ST_OK);
    CHECK_ST(view_expunge(v, uids(MANY, MANY), true), ST_OK);
}

static void arrive_and_go(struct world *w, struct account *a, struct view *v)
{
    append(w, a, "INBOX", 4);
    changes(w, v, true);
    CHECK_ST(view_expunge(v, uids(MANY + 2, MANY + 3), true), ST_OK);
}

static void copy_within(struct world *w, struct account *a, struct view *v) /* marks the source too, quietly */
{
    struct copied copied;

    (void)a;
    CHECK_ST(view_copy(v, uids(20, 22), STR("INBOX"), false, &w->arena, &copied), ST_OK);
}

static void copy_out(struct world *w, struct account *a, struct view *v)
{
    struct copied copied;

    (void)a;
    CHECK_ST(view_copy(v, uids(20, 22), STR("Archive"), false, &w->arena, &copied), ST_OK);
}

static void move_out(struct world *w, struct account *a, struct view *v)
{
    struct copied copied;

    (void)a;
    CHECK_ST(view_copy(v, uids(30, 35), STR("Archive"), true, &w->arena, &copied), ST_OK);
}

static void elsewhere(struct world *w, struct account *a, struct view *v) /* more commits than messages */
{
    (void)v;
    for (int i = 0; i < 5 * MANY; i++)
        append(w, a, "Sent", 1);
}

static void rename_both(struct world *w, struct account *a, struct view *v)
{
    (void)w;
    (void)v;
    CHECK_ST(mailbox_rename(a, STR("Archive"), STR("Old")), ST_OK);
    CHECK_ST(mailbox_rename(a, STR("Old"), STR("Archive")), ST_OK);
}

static const struct {
    void (*fn)(struct world *w, struct account *a, struct view *v);
} kinds[] = {{nothing},     {arrive},   {flags},    {keywords},  {expunge},    {arrive_and_go},
             {copy_within}, {copy_out}, {move_out}, {elsewhere}, {rename_both}};
static size_t kind;

static void body_change(struct world *w)
{
    struct account *a = begin(w);
    struct view *v = open_view(a, "INBOX");

    kinds[kind].fn(w, a, v);
    view_close(v);
    account_close(a);
    w->store->image_reads = 0;
    check_opens(w, "INBOX", true);
    check_opens(w, "Archive", true);
    CHECK_U64(w->store->image_reads, 2);
}
TEST(after_each_kind_of_change_the_image_gives_what_the_rows_hold)
{
    for (kind = 0; kind < ARRAY_LEN(kinds); kind++)
        in_world(1, body_change);
}

static uint32_t dice_state;
static uint32_t dice(uint32_t n)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 8) % n;
}

static void some_change(struct world *w, struct account *a, struct view *v)
{
    uint32_t lo = 1 + dice(v->mb->uidnext), hi = lo + dice(9);
    struct copied copied;

    changes(w, v, true);
    switch (dice(8)) {
    case 0: append(w, a, "INBOX", 1 + dice(20)); break;
    case 1: CHECK_ST(add_flags(v, uids(lo, hi), 1u << dice(5)), ST_OK); break;
    case 2: CHECK_ST(set_keyword(v, uids(lo, hi), dice(2) ? "x" : "y"), ST_OK); break;
    case 3: CHECK_ST(view_expunge(v, uids(lo, hi), true), ST_OK); break;
    case 4: CHECK_ST(view_copy(v, uids(lo, hi), STR("INBOX"), false, &w->arena, &copied), ST_OK); break;
    case 5: CHECK_ST(view_copy(v, uids(lo, hi), STR("Archive"), dice(2), &w->arena, &copied), ST_OK); break;
    case 6: append(w, a, "Sent", 1); break;
    case 7: write_images(w); break;
    }
}

static void body_random(struct world *w)
{
    struct account *a = begin(w);

    account_close(a);
    for (int life = 0; life < 25; life++) {
        struct view *v;

        restart(w);
        a = open_account(w, ME);
        v = open_view(a, "INBOX");
        CHECK(is_like_rows(w, v));
        for (uint32_t n = dice(12); n; n--)
            some_change(w, a, v);
        changes(w, v, true);
        CHECK(is_like_rows(w, v));
        view_close(v);
        account_close(a);
    }
    CHECK(w->store->image_reads > 20);
}
TEST(any_changes_and_restarts)
{
    for (dice_state = 1; dice_state < 4000000000u && dice_state; dice_state += 800000000u)
        in_world(1, body_random);
}

/* While it is being written others change what was packed, and what was not yet. */
static bool tended;

static void tend_alone(void *arg)
{
    write_images(arg);
    tended = true;
}

static void body_meanwhile(struct world *w)
{
    struct account *a;
    struct view *v;

    mail_set_rules(w->mail, &images);
    a = open_account(w, ME);
    append(w, a, "INBOX", MANY);
    v = open_view(a, "INBOX");
    CHECK_ST(co_spawn(tend_alone, w, "tending"), ST_OK);
    for (int i = 0; i < 20; i++) {
        uint32_t uid = 1 + (uint32_t)i * 7;

        CHECK_ST(add_flags(v, uids(uid, uid), MAIL_FLAGGED), ST_OK);
        CHECK_ST(view_expunge(v, uids(uid + 2, uid + 3), true), ST_OK);
        append(w, a, "INBOX", 1);
        changes(w, v, true);
    }
    for (int i = 0; i < 1000 && !tended; i++)
        co_yield ();
    CHECK(tended);
    CHECK(v->mb->messages->pins == 0);
    view_close(v);
    account_close(a);
    CHECK_U64(w->store->n_images, 1);
    check_opens(w, "INBOX", true);
}
TEST(messages_that_change_while_the_image_is_written)
{
    in_world(1, body_meanwhile);
}

/* --- what does not fit ---------------------------------------------------------------------------------------- */

static struct fake_image *image_of_inbox(struct world *w)
{
    struct fake_image *i = fake_image(w->store, ME, 1);

    must(i);
    return i;
}

static void body_does_not_fit(struct world *w)
{
    struct account *a = begin(w);
    char *head;

    account_close(a);
    head = (char *)image_of_inbox(w)->head.p;
    head[1]++; /* uidvalidity */
    check_opens(w, "INBOX", false);
    head[1]--;
    check_opens(w, "INBOX", true);
    head[6]++; /* version: 256 times what the account has */
    check_opens(w, "INBOX", false);
    head[6]--;
    head[13]++; /* number of messages */
    check_opens(w, "INBOX", false);
    head[13]--;
    head[0]++; /* of another layout */
    check_opens(w, "INBOX", false);
    head[0]--;
    head[20] = 1; /* 2^56 messages: no memory is asked for */
    check_opens(w, "INBOX", false);
    head[20] = 0;
    check_opens(w, "INBOX", true);
    check_opens(w, "Archive", true);
}
TEST(an_image_that_does_not_fit_is_done_without)
{
    in_world(1, body_does_not_fit);
}

/* Its counts would be others: so it is walked. */
static void body_lies(struct world *w)
{
    struct account *a = begin(w);
    struct messages m = {0};
    struct buf b;

    account_close(a);
    CHECK_ST(messages_unpack(&m, image_of_inbox(w)->chunks[2]), ST_OK);
    m.flags[1] ^= MAIL_SEEN;
    buf_init(&b, IMAGE_CHUNK_MAX);
    messages_pack(&m, 0, m.n, &b);
    mem_free((char *)image_of_inbox(w)->chunks[2].p);
    image_of_inbox(w)->chunks[2] = fake_copy(buf_str(&b));
    buf_fini(&b);
    mem_free(m.uid);
    mem_free(m.size);
    mem_free(m.flags);
    mem_free(m.keywords);
    mem_free(m.modseq);
    mem_free(m.internal_date);
    mem_free(m.save_date);
    mem_free(m.email);
    mem_free(m.blob);
    check_opens(w, "INBOX", false);
}
TEST(an_image_that_counts_otherwise_than_the_mailbox_is_done_without)
{
    in_world(1, body_lies);
}

static void body_trimmed(struct world *w)
{
    struct mail_rules short_log = images;
    struct mail_round round;
    struct account *a = begin(w);
    struct view *v = open_view(a, "INBOX");

    CHECK_ST(add_flags(v, uids(5, 9), MAIL_FLAGGED), ST_OK);
    view_close(v);
    short_log.log_commits = 2;
    elsewhere(w, a, NULL);
    mail_set_rules(w->mail, &short_log);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK(a->rec.log_low > 100);
    account_close(a);
    check_opens(w, "INBOX", false);
    check_opens(w, "Archive", true); /* has not changed since: no log is needed */
}
TEST(the_log_does_not_go_back_so_far)
{
    in_world(1, body_trimmed);
}

static void body_much_changed(struct world *w)
{
    struct account *a = begin(w);

    append(w, a, "INBOX", 20 * MANY);
    account_close(a);
    check_opens(w, "INBOX", false);
}
TEST(when_most_is_new_it_is_walked)
{
    in_world(1, body_much_changed);
}

/* --- when they come and go -------------------------------------------------------------------------------------- */

static void body_when(struct world *w)
{
    struct account *a;

    mail_set_rules(w->mail, &images);
    a = open_account(w, ME);
    append(w, a, "INBOX", 9);
    mail_tend(w->mail, true, deadline_in(60000));
    CHECK_U64(w->store->n_images, 0); /* too small */
    append(w, a, "INBOX", 120);
    mail_tend(w->mail, false, deadline_in(60000));
    CHECK_U64(w->store->n_images, 0); /* not quiet yet */
    a->inbox->stale->at -= QUIET_MS;
    mail_tend(w->mail, false, deadline_in(60000));
    CHECK_U64(w->store->n_images, 1);
    CHECK(!a->inbox->messages); /* nobody has it open */
    CHECK(list_is_empty(&a->core->stale));
    append(w, a, "INBOX", 300);
    w->store->image_reads = 0;
    mail_tend(w->mail, false, deadline_in(60000)); /* much has changed: at once */
    CHECK(list_is_empty(&a->core->stale));
    account_close(a);
    check_opens(w, "INBOX", true);
    a = open_account(w, ME);
    CHECK(list_is_empty(&a->core->stale));
    account_close(a);
}
TEST(it_is_written_when_enough_has_changed)
{
    in_world(1, body_when);
}

static void body_walked(struct world *w)
{
    struct account *a = begin(w);

    account_close(a);
    IGNORE(image_remove(w->store, ME, 1));
    check_opens(w, "INBOX", false);
    write_images(w);
    check_opens(w, "INBOX", true);
}
TEST(what_was_walked_over_gets_one)
{
    in_world(1, body_walked);
}

static void body_removed(struct world *w)
{
    struct mail_round round;
    struct account *a = begin(w);
    bool done = false;

    CHECK_ST(mailbox_delete(a, STR("Archive")), ST_OK);
    CHECK_U64(w->store->n_images, 1);
    w->store->images[w->store->n_images++] = (struct fake_image){.account = ME, .number = 999};
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK); /* one that nobody has removed */
    CHECK_U64(w->store->n_images, 1);
    account_close(a);
    while (!done)
        CHECK_ST(mail_erase(w->mail, ME, 1000, &done), ST_OK);
    CHECK_U64(w->store->n_images, 0);
}
TEST(it_goes_with_the_mailbox_and_with_the_account)
{
    in_world(1, body_removed);
}

static void body_evicted(struct world *w)
{
    struct mail_rules rules = {.cache_ms = 1000};
    struct account *a = open_account(w, ME);
    struct view *v;

    mail_set_rules(w->mail, &rules);
    append(w, a, "INBOX", 5);
    v = open_view(a, "INBOX");
    mail_tend(w->mail, false, deadline_in(1000));
    CHECK(a->inbox->messages);
    view_close(v);
    mail_tend(w->mail, false, deadline_in(1000));
    CHECK(a->inbox->messages); /* not unused for so long */
    a->inbox->messages->unused_at -= 1000;
    v = open_view(a, "INBOX");
    mail_tend(w->mail, false, deadline_in(1000));
    CHECK(a->inbox->messages); /* somebody has it open */
    view_close(v);
    a->inbox->messages->unused_at -= 1000;
    mail_tend(w->mail, false, deadline_in(1000));
    CHECK(!a->inbox->messages);
    CHECK_U64(a->core->unselected_bytes, 0);
    account_close(a);
}
TEST(a_mailbox_that_nobody_opens_leaves_memory_in_its_time)
{
    in_world(1, body_evicted);
}

/* Stores that older versions wrote (tests/samples) open, and the mail in them is what it was. Here without including a
 * source: the rooms as they are linked. */
#include "../../samples/content.h"
#include "mail/keep.h"
#include "queue/queue.h"
#include "store/store.h"
#include "test.h"

#include "base/log.h"
#include "base/must.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct sample {
    struct store *store;
    struct core *core;
    struct mail *mail;
    struct queue *queue;
    struct arena arena;
    unsigned version;
    uint64_t opened; /* how many times */
};

static struct view *select_mailbox(struct sample *m, uint64_t id, const char *name, struct account **out) SUSPENDS
{
    struct view *v = NULL;

    CHECK_ST(account_open(m->mail, id, out), ST_OK);
    CHECK_ST(view_open(*out, str_z(name), false, &v), ST_OK);
    return v;
}

static void check_letter(struct sample *m, const struct sample_letter *l) SUSPENDS
{
    struct account *a;
    struct view *v = select_mailbox(m, l->account, l->mailbox, &a);
    uint32_t seq = view_seq(v, l->uid);
    struct blob_view body = {0};
    struct mail_msg msg;
    struct email e;

    CHECK(seq > 0);
    view_msg(v, seq, &msg);
    CHECK_U64(msg.flags, l->flags);
    CHECK_U64(msg.keywords, l->keyword ? 1 : 0);
    if (l->keyword)
        CHECK_STR(view_keyword(v, 0), str_z(l->keyword));
    CHECK_ST(view_email(v, seq, &m->arena, &e), ST_OK);
    CHECK_ST(email_body(a, &e, &body), ST_OK);
    CHECK_STR(body.bytes, sample_bytes(&m->arena, l->subject, l->more));
    email_body_close(&body);
    view_close(v);
    account_close(a);
}

static void check_many(struct sample *m) SUSPENDS
{
    for (unsigned i = 0; i < SAMPLE_MANY; i++) {
        struct sample_letter l = {.account = BERT, .mailbox = SAMPLE_MANY_BOX, .uid = i + 1, .more = SAMPLE_MANY_BYTES};

        l.subject = arena_printf(&m->arena, "many %u", i).p;
        check_letter(m, &l);
    }
}

/* All letters of the table, and no others but the copies that opening it here has made. */
static void check_letters(struct sample *m) SUSPENDS
{
    uint64_t of_anne = 0, of_bert = 0;
    struct mail_usage u;
    struct account *a;
    struct view *v;

    for (size_t i = 0; i < ARRAY_LEN(sample_letters); i++)
        if (sample_letters[i].since <= m->version) {
            check_letter(m, &sample_letters[i]);
            of_anne += sample_letters[i].account == ANNE;
            of_bert += sample_letters[i].account == BERT;
        }
    if (m->version >= 2) {
        check_many(m);
        of_bert += SAMPLE_MANY;
    }
    v = select_mailbox(m, ANNE, "INBOX", &a);
    CHECK_U64(view_info(v)->uidnext, SAMPLE_NEXT_UID);
    account_usage(a, &u);
    CHECK_U64(u.messages, of_anne);
    view_close(v);
    account_close(a);
    v = select_mailbox(m, BERT, "INBOX", &a);
    account_usage(a, &u);
    CHECK_U64(u.messages, of_bert + m->opened);
    view_close(v);
    account_close(a);
}

static void check_deleted(struct sample *m) SUSPENDS
{
    struct kept_mail *list;
    struct account *a;
    size_t n = 99;
    bool more;

    CHECK_ST(account_open(m->mail, ANNE, &a), ST_OK);
    CHECK_ST(kept_list(a, &(struct kept_filter){0}, &m->arena, 10, &list, &n, &more), ST_OK);
    CHECK_U64(n, m->version >= 2 ? 1 : 0);
    if (n == 1) {
        struct blob_view body = {0};

        CHECK_STR(list[0].name, STR("INBOX"));
        CHECK_ST(email_body(a, &list[0].email, &body), ST_OK);
        CHECK_STR(body.bytes, sample_bytes(&m->arena, SAMPLE_DELETED, 0));
        email_body_close(&body);
    }
    account_close(a);
}

static void check_queue(struct sample *m) SUSPENDS
{
    struct queue_entry *entries;
    uint64_t next;
    size_t n = 0;
    bool more;

    CHECK_ST(queue_list(m->queue, &(struct queue_filter){.most = 10}, &m->arena, &entries, &n, &next, &more), ST_OK);
    CHECK_U64(n, 1);
    CHECK(n == 1 && entries[0].n_rcpts == 1 && str_eq(entries[0].rcpts[0].address, STR(SAMPLE_RCPT)));
}

/* And it goes on being written. */
static void add_one(struct sample *m) SUSPENDS
{
    struct account *a;
    struct view *v = select_mailbox(m, BERT, "INBOX", &a);
    struct copied copied;
    struct uid_range one = {1, 1};

    CHECK_ST(view_copy(v, (struct uid_set){&one, 1}, STR("INBOX"), false, &m->arena, &copied), ST_OK);
    view_close(v);
    account_close(a);
}

static void look(void *arg)
{
    struct sample *m = arg;

    CHECK_ST(queue_start(m->queue), ST_OK);
    check_letters(m);
    check_deleted(m);
    check_queue(m);
    add_one(m);
    core_stop(m->core);
}

static void spawn(void *arg)
{
    CHECK_ST(co_spawn(look, arg, "sample"), ST_OK);
}

static void open_and_look(const char *dir, unsigned version, uint64_t opened)
{
    struct store_options o = {.dir = dir, .segment_bytes = 256u << 10, .reserve_bytes = 1};
    struct sample m = {.version = version, .opened = opened};

    CHECK_ST(store_open(&o, &m.store), ST_OK);
    if (!m.store)
        return;
    m.core = core_new(&(struct core_options){.name = "sample", .coroutines = 16});
    m.mail = mail_new(&(struct mail_options){.store = m.store, .cores = &m.core, .n_cores = 1});
    m.queue = queue_new(&(struct queue_options){.store = m.store, .core = m.core});
    core_post(m.core, spawn, &m);
    core_run(m.core);
    mail_free(m.mail);
    queue_free(m.queue);
    store_close(m.store);
    core_free(m.core);
    arena_fini(&m.arena);
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

/* Into a new folder. */
static void unpack(const char *name, char dir[64])
{
    const char *here = __FILE__, *end = strstr(here, "tests/unit/");
    char command[1000];

    must(end);
    snprintf(dir, 64, "/tmp/restante-sample-XXXXXX");
    must(mkdtemp(dir));
    snprintf(command, sizeof command, "tar -xzf '%.*stests/samples/%s.tar.gz' -C '%s'", (int)(end - here), here, name,
             dir);
    must(system(command) == 0);
}

static void check_sample(const char *name, unsigned version)
{
    char dir[64];

    log_set_level(LOG_WARN);
    unpack(name, dir);
    for (uint64_t i = 0; i < 3; i++)
        open_and_look(dir, version, i);
    log_set_level(LOG_INFO);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TEST(a_store_of_version_1_opens_and_goes_on)
{
    check_sample("v1", 1);
}

TEST(a_store_of_version_2_opens_and_goes_on)
{
    check_sample("v2", 2);
}

TEST(a_store_of_version_3_opens_and_goes_on)
{
    check_sample("v3", 3);
}

/* A newer version's store is refused before anything in it is touched. */
TEST(a_store_of_a_newer_version_is_refused_and_left_as_it_is)
{
    char dir[64], path[100], command[300];
    struct store_options o = {.dir = dir, .segment_bytes = 256u << 10, .reserve_bytes = 1};
    struct store *s = NULL;
    FILE *f;

    unpack("v1", dir);
    snprintf(path, sizeof path, "%s/FORMAT", dir);
    f = fopen(path, "w");
    must(f && fputs("restante store 99\n", f) >= 0 && fclose(f) == 0);
    snprintf(command, sizeof command, "cp -a '%s' '%s.before'", dir, dir);
    must(system(command) == 0);
    CHECK_ST(store_open(&o, &s), ST_DENIED);
    CHECK(strstr(err_get()->text, "format 99"));
    snprintf(command, sizeof command, "diff -r '%s' '%s.before' && rm -r '%s.before'", dir, dir, dir);
    CHECK(system(command) == 0);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

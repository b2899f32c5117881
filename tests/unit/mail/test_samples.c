/* Stores that older versions wrote (tests/samples) open, and the mail in them is what it was. Here without including a
 * source: the rooms as they are linked. */
#include "mail/mail.h"
#include "queue/queue.h"
#include "store/store.h"
#include "test.h"

#include "base/log.h"
#include "base/must.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANNE = 7, BERT = 9, LARGE = 20000 };

struct sample {
    struct store *store;
    struct core *core;
    struct mail *mail;
    struct queue *queue;
    struct arena arena;
    uint64_t opened; /* how many times */
};

static struct view *select_mailbox(struct sample *m, uint64_t id, const char *name, struct account **out) SUSPENDS
{
    struct view *v = NULL;

    CHECK_ST(account_open(m->mail, id, out), ST_OK);
    CHECK_ST(view_open(*out, str_z(name), false, &v), ST_OK);
    return v;
}

static void check_letter(struct sample *m, struct account *a, struct view *v, uint32_t seq, const char *subject,
                         size_t more) SUSPENDS
{
    struct str head = arena_printf(&m->arena,
                                   "From: a@example.test\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\n"
                                   "Subject: %s\r\n\r\nBody of %s\r\n",
                                   subject, subject);
    struct blob_view body = {0};
    struct email e;

    CHECK_ST(view_email(v, seq, &m->arena, &e), ST_OK);
    CHECK_ST(email_body(a, &e, &body), ST_OK);
    CHECK_U64(body.bytes.n, head.n + more);
    CHECK(str_starts(body.bytes, head));
    email_body_close(&body);
}

static void check_anne(struct sample *m) SUSPENDS
{
    struct account *a;
    struct view *v = select_mailbox(m, ANNE, "INBOX", &a);
    struct mail_msg msg;

    CHECK_U64(view_count(v), 1);
    CHECK_U64(view_uid(v, 1), 1);
    CHECK_U64(view_info(v)->uidnext, 3);
    check_letter(m, a, v, 1, "shared", 0);
    view_close(v);
    CHECK_ST(view_open(a, STR("Archive"), false, &v), ST_OK);
    CHECK_U64(view_count(v), 1);
    check_letter(m, a, v, 1, "shared", 0);
    view_close(v);
    CHECK_ST(view_open(a, STR("Work/Deep"), false, &v), ST_OK);
    check_letter(m, a, v, 1, "kept", 0);
    view_msg(v, 1, &msg);
    CHECK(msg.flags == (MAIL_SEEN | MAIL_FLAGGED) && msg.keywords == 1);
    CHECK_STR(view_keyword(v, 0), STR("$Work"));
    view_close(v);
    account_close(a);
}

static void check_bert(struct sample *m) SUSPENDS
{
    static const char *const subjects[] = {"shared", "large", "queued"};
    struct account *a;
    struct view *v = select_mailbox(m, BERT, "INBOX", &a);

    CHECK_U64(view_count(v), 3 + m->opened);
    for (uint32_t i = 0; i < ARRAY_LEN(subjects) && i < view_count(v); i++)
        check_letter(m, a, v, i + 1, subjects[i], i == 1 ? LARGE : 0);
    view_close(v);
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
    CHECK(n == 1 && entries[0].n_rcpts == 1 && str_eq(entries[0].rcpts[0].address, STR("x@far.test")));
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
    check_anne(m);
    check_bert(m);
    check_queue(m);
    add_one(m);
    core_stop(m->core);
}

static void spawn(void *arg)
{
    CHECK_ST(co_spawn(look, arg, "sample"), ST_OK);
}

static void open_and_look(const char *dir, uint64_t opened)
{
    struct store_options o = {.dir = dir, .segment_bytes = 256u << 10, .reserve_bytes = 1};
    struct sample m = {.opened = opened};

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

TEST(a_store_of_version_1_opens_and_goes_on)
{
    char dir[64];

    log_set_level(LOG_WARN);
    unpack("v1", dir);
    for (uint64_t i = 0; i < 3; i++)
        open_and_look(dir, i);
    log_set_level(LOG_INFO);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
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

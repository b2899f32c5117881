#include "box/poison.c"

#include "test.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct role *role_with_page(void)
{
    struct role *r = MEM_NEW(struct role);

    r->files[0] = (struct role_file){.name = "activity/0", .fd = memfd_create("activity", MFD_CLOEXEC)};
    r->n_files = 1;
    must(r->files[0].fd >= 0 && ftruncate(r->files[0].fd, 4096) == 0);
    return r;
}

/* A box that dies by `number`; 0 lives. */
static void live(struct role *r, const struct activity *doing, int number)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct activity a = *doing;
        struct poison_page *page;

        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        for (size_t i = 0; i < ARRAY_LEN(signals); i++)
            signal(signals[i], SIG_DFL); /* a sanitizer would have its say */
        must(poison_open(r, 0, &page) == ST_OK);
        poison_watch(page);
        activity_here = &a;
        if (number == SIGABRT)
            abort();
        if (number)
            raise(number);
        _exit(0);
    }
    must(waitpid(pid, NULL, 0) == pid);
}

static const struct poison_page *look(struct role *r)
{
    struct poison_page *page = NULL;

    CHECK_ST(poison_open(r, 0, &page), ST_OK);
    return page;
}

static void role_end(struct role *r)
{
    close(r->files[0].fd);
    mem_free(r);
}

TEST(deaths_are_counted_by_the_item)
{
    struct role *r = role_with_page();
    struct activity mail = {.account = 5, .email = 77, .uid = 9, .command = "FETCH"},
                    entry = {.account = 5, .queue_id = 3}, letter = {.letter = 1};

    live(r, &mail, SIGABRT);
    live(r, &entry, SIGSEGV);
    live(r, &mail, SIGSEGV);
    live(r, &letter, SIGABRT);
    const struct poison_page *page = look(r);

    CHECK_U64(page->n, 3);
    CHECK(page->items[0].kind == POISON_EMAIL && page->items[0].account == 5 && page->items[0].id == 77 &&
          page->items[0].deaths == 2);
    CHECK(page->items[1].kind == POISON_QUEUE && page->items[1].id == 3 && page->items[1].deaths == 1);
    CHECK(page->items[2].kind == POISON_LETTER && page->items[2].id == 1 && page->items[2].deaths == 1);
    CHECK_U64(look(r)->items[0].deaths, 2); /* looking again counts nothing */
    role_end(r);
}

TEST(a_kill_from_outside_and_an_end_name_nothing)
{
    struct role *r = role_with_page();
    struct activity mail = {.account = 5, .email = 77}, idle = {0}, command = {.account = 5, .command = "APPEND"};

    live(r, &mail, SIGKILL);
    live(r, &mail, 0);
    live(r, &idle, SIGABRT);
    live(r, &command, SIGABRT); /* an account alone is not set aside */
    CHECK_U64(look(r)->n, 0);
    role_end(r);
}

TEST(a_full_page_forgets_what_has_died_once)
{
    struct role *r = role_with_page();
    struct activity first = {.account = 1, .email = 1};

    live(r, &first, SIGABRT);
    live(r, &first, SIGABRT);
    for (uint64_t i = 2; i < POISON_ITEMS + 5; i++)
        live(r, &(struct activity){.account = 1, .email = i}, SIGABRT);
    const struct poison_page *page = look(r);

    CHECK_U64(page->n, POISON_ITEMS);
    CHECK(page->items[0].id == 1 && page->items[0].deaths == 2);
    CHECK_U64(page->items[POISON_ITEMS - 1].id, POISON_ITEMS + 4);
    role_end(r);
}

TEST(a_letter_is_known_by_sender_and_envelope)
{
    uint64_t a = poison_letter(STR("x@y"), STR("(NIL)"));

    CHECK(a == poison_letter(STR("x@y"), STR("(NIL)")) && a != 0);
    CHECK(a != poison_letter(STR("z@y"), STR("(NIL)")) && a != poison_letter(STR("x@y"), STR("(\"a\")")));
}

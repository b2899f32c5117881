#include "box/poison.h"

#include "base/log.h"
#include "base/must.h"
#include "mime/record.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#define HANDLER_STACK 65536

static _Thread_local struct poison_page *page_here;

/* --- dying ------------------------------------------------------------------------------------------------------ */

static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
static struct sigaction before[ARRAY_LEN(signals)]; /* a sanitizer's, maybe */

/* Stores only. Returning repeats the fault (or abort raises once more), and what was there before does the rest. */
static void dying(int number)
{
    struct poison_page *page = page_here;

    if (page && activity_here && !page->died) {
        page->last = *activity_here;
        page->died = 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        if (signals[i] == number)
            sigaction(number, &before[i], NULL);
}

static void install(void)
{
    struct sigaction a = {.sa_handler = dying, .sa_flags = SA_ONSTACK};

    sigemptyset(&a.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        must(sigaction(signals[i], &a, &before[i]) == 0);
}

/* A stack of its own, since a coroutine's may be what has run out. Once a thread, for its whole life. */
void poison_watch(struct poison_page *page)
{
    static bool installed; /* by the first core, before the others run */
    stack_t stack = {.ss_sp = mem_new(HANDLER_STACK), .ss_size = HANDLER_STACK};

    page_here = page;
    must(sigaltstack(&stack, NULL) == 0);
    if (!installed)
        install();
    installed = true;
}

/* --- coming back ------------------------------------------------------------------------------------------------ */

static struct poison_item item_of(const struct activity *a)
{
    if (a->email)
        return (struct poison_item){POISON_EMAIL, 0, a->account, a->email};
    if (a->queue_id)
        return (struct poison_item){POISON_QUEUE, 0, 0, a->queue_id};
    if (a->letter)
        return (struct poison_item){POISON_LETTER, 0, a->account, a->letter};
    return (struct poison_item){POISON_NONE, 0, 0, 0};
}

static bool is_same(const struct poison_item *a, const struct poison_item *b)
{
    return a->kind == b->kind && a->account == b->account && a->id == b->id;
}

/* The place of an item: its own, a free one, or that of the oldest that has died once only. */
static struct poison_item *place_for(struct poison_page *page, const struct poison_item *item)
{
    for (size_t i = 0; i < page->n; i++)
        if (is_same(&page->items[i], item))
            return &page->items[i];
    if (page->n == POISON_ITEMS) {
        size_t at = 0;

        while (at < POISON_ITEMS - 1 && page->items[at].deaths >= POISON_DEATHS)
            at++;
        memmove(&page->items[at], &page->items[at + 1], (POISON_ITEMS - 1 - at) * sizeof *item);
        page->n--;
    }
    page->items[page->n] = *item;
    return &page->items[page->n++];
}

static void count(struct poison_page *page)
{
    const struct activity *a = &page->last;
    struct poison_item item = item_of(a), *place;

    if (item.kind == POISON_NONE) {
        LOG(BOX_DIED, lf_hex("account", a->account), lf_z("command", a->command), lf_hex("email", 0),
            lf_u64("uid", a->uid), lf_hex("queue_id", 0), lf_hex("letter", 0), lf_u64("deaths", 1));
        return;
    }
    place = place_for(page, &item);
    place->deaths++;
    LOG(BOX_DIED, lf_hex("account", a->account), lf_z("command", a->command), lf_hex("email", a->email),
        lf_u64("uid", a->uid), lf_hex("queue_id", a->queue_id), lf_hex("letter", a->letter),
        lf_u64("deaths", place->deaths));
}

enum st poison_open(struct role *r, unsigned core, struct poison_page **out)
{
    struct poison_page *page;
    char name[32];
    int fd;

    snprintf(name, sizeof name, "activity/%u", core);
    fd = role_file_fd(r, name);
    if (fd < 0)
        return FAIL(ST_NOTFOUND, "main handed over no %s", name);
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return FAIL_ERRNO(name);
    page->n = MIN(page->n, POISON_ITEMS); /* it may have been written over by what the box died of */
    page->last.command[sizeof page->last.command - 1] = 0;
    if (page->died)
        count(page);
    page->died = 0;
    *out = page;
    return ST_OK;
}

uint64_t poison_letter(struct str reverse_path, struct str envelope)
{
    return mime_id_hash(envelope) ^ (mime_id_hash(reverse_path) >> 1);
}

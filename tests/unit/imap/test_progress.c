/* How far commands have come, told at each chance. */
#define TELL_EVERY_MS 0

#include "world.h"

#include "imap/progress.c"

static void told(struct door *d, struct imap_progress *p, uint64_t done, uint64_t of, const char *want)
{
    p->watcher.progress(&p->watcher, done, of);
    if (want)
        CHECK_STR(chat_read(&d->chat, "* "), str_z(want));
}

static void body_told(struct world *w)
{
    struct imap_progress p;
    struct door d;

    door_open(w, &d, "");
    struct imap_cmd c = {.s = d.session, .tag = STR("A1")};

    imap_progress_begin(&p, &c, 1);
    told(&d, &p, 0, 10, "* OK [INPROGRESS (\"A1\" 0 10)] Still at it\n");
    told(&d, &p, 7, 10, "* OK [INPROGRESS (\"A1\" 7 10)] Still at it\n");
    told(&d, &p, 5, 10, "* OK [INPROGRESS (\"A1\" 7 10)] Still at it\n");
    told(&d, &p, 10, 10, NULL);
    told(&d, &p, 0, 0, NULL);
    told(&d, &p, 9, 10, "* OK [INPROGRESS (\"A1\" 9 10)] Still at it\n");
    c.tag = STR("A]2");
    imap_progress_begin(&p, &c, 2);
    told(&d, &p, 50, 200, "* OK [INPROGRESS (NIL 12 100)] Still at it\n");
    p.phase = 1;
    told(&d, &p, 1, 2, "* OK [INPROGRESS (NIL 75 100)] Still at it\n");
    imap_progress_begin(&p, &c, 0);
    p.before = 1000;
    told(&d, &p, 3, 8, "* OK [INPROGRESS (NIL 1003 NIL)] Still at it\n");
    door_close(&d);
}
TEST(numbers_grow_and_stay_below_the_goal)
{
    in_world(1, body_told);
}

static void body_rarely(struct world *w)
{
    struct imap_progress p;
    struct door d;

    door_open(w, &d, "");
    struct imap_cmd c = {.s = d.session, .tag = STR("A1")};

    imap_progress_begin(&p, &c, 1);
    p.next = deadline_in(60000);
    told(&d, &p, 1, 2, NULL);
    p.next = 0;
    told(&d, &p, 1, 2, "* OK [INPROGRESS (\"A1\" 1 2)] Still at it\n");
    door_close(&d);
}
TEST(not_more_often)
{
    in_world(1, body_rarely);
}

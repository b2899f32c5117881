/* A progress bar on a terminal. */
#include "admin/admin.h"

#include <stdio.h>
#include <unistd.h>

#define BAR 40

void admin_bar_init(struct admin_bar *b, const char *what)
{
    *b = (struct admin_bar){.what = what, .percent = 101, .is_terminal = isatty(STDERR_FILENO) == 1};
}

void admin_bar_show(struct admin_bar *b, uint64_t done, uint64_t total)
{
    unsigned percent = total ? (unsigned)(MIN(done, total) * 100 / total) : 0, full = percent * BAR / 100;

    if (!b->is_terminal || percent == b->percent)
        return;
    b->percent = percent;
    fprintf(stderr, "\r%s [%.*s%*s] %3u%% of %llu MiB", b->what, (int)full, "########################################",
            (int)(BAR - full), "", percent, (unsigned long long)(total >> 20));
    fflush(stderr);
}

void admin_bar_end(struct admin_bar *b)
{
    if (b->is_terminal && b->percent <= 100)
        fputs("\r\033[K", stderr);
    b->percent = 101;
}

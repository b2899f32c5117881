#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

static void (*failure_report)(void);

void must_on_failure(void (*report)(void))
{
    failure_report = report;
}

void must_failed(const char *what, const char *file, int line)
{
    static _Thread_local bool inside;

    fprintf(stderr, "event=assert_failed what=\"%s\" file=%s line=%d\n", what, file, line);
    if (!inside && failure_report) {
        inside = true;
        failure_report();
    }
    abort();
}

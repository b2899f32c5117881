/* Dates of letters and of IMAP. What is printed reads back as the same moment. */
#include "base/must.h"
#include "mime/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define YEAR_US INT64_C(31557600000000)

static void check_printed(const struct mime_date *d)
{
    struct arena a = ARENA_INIT;
    struct mime_date again;
    struct str text;

    if (d->wall_us > -1900 * YEAR_US && d->wall_us < 8000 * YEAR_US && d->zone > -24 * 60 && d->zone < 24 * 60) {
        text = imap_datetime_print(&a, d->wall_us, d->zone);
        must(text.n == 26 && imap_datetime_parse(text, &again) == ST_OK);
        must(again.zone == d->zone && again.wall_us / 1000000 == d->wall_us / 1000000);
    }
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_n((const char *)data, size);
    struct mime_date d;
    int64_t day;

    if (mime_date_parse(text, &d) == ST_OK)
        check_printed(&d);
    if (imap_datetime_parse(text, &d) == ST_OK)
        check_printed(&d);
    if (imap_date_parse(text, &day) == ST_OK)
        must(day > -800000 && day < 3000000);
    return 0;
}

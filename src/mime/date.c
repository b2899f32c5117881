/* Dates: RFC 5322 as letters write them (generously), IMAP's as its grammar has them (strictly). */
#include "mime/date.h"
#include "base/clock.h"
#include "mime/lex.h"

#include <stdlib.h>

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

static bool take_number(struct str *s, size_t min, size_t max, unsigned *out)
{
    unsigned v = 0;
    size_t n = 0;

    while (n < s->n && n < max && ascii_is_digit(s->p[n]))
        v = v * 10 + (unsigned)(s->p[n++] - '0');
    if (n < min)
        return false;
    *s = str_from(*s, n);
    *out = v;
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

/* The first three letters of a month's name; further letters are skipped ("January"). */
static bool take_month(struct str *s, bool whole_names, unsigned *out)
{
    for (unsigned m = 0; m < 12; m++)
        if (str_istarts(*s, str_n(months + (size_t)m * 3, 3))) {
            *s = str_from(*s, 3);
            while (whole_names && s->n && ascii_is_alpha(s->p[0]))
                *s = str_from(*s, 1);
            *out = m + 1;
            return true;
        }
    return false;
}

struct when {
    unsigned year, month, day, hour, min, sec;
    int zone;
};

static bool is_date(const struct when *w)
{
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = w->year % 4 == 0 && (w->year % 100 != 0 || w->year % 400 == 0);

    return w->month >= 1 && w->month <= 12 && w->day >= 1 && w->day <= days[w->month - 1] &&
           !(w->month == 2 && w->day == 29 && !leap);
}

static enum st finish(const struct when *w, struct mime_date *out)
{
    int64_t s;

    if (!is_date(w) || w->hour > 23 || w->min > 59 || w->sec > 60)
        return FAIL(ST_SYNTAX, "there is no such date");
    s = days_from_civil(w->year, w->month, w->day) * 86400 + (int64_t)(w->hour * 3600 + w->min * 60 + w->sec) -
        (int64_t)w->zone * 60;
    *out = (struct mime_date){s * 1000000, (int16_t)w->zone};
    return ST_OK;
}

/* "+0100" */
static bool take_offset(struct str *s, int *out)
{
    unsigned v;
    bool west = s->n && s->p[0] == '-';

    if (!take_char(s, west ? '-' : '+') || !take_number(s, 4, 4, &v) || v % 100 > 59 || v / 100 > 23)
        return false;
    *out = (int)(v / 100 * 60 + v % 100) * (west ? -1 : 1);
    return true;
}

/* RFC 5322 4.3: the letters of the alphabet were used both ways, so they say nothing (-0000). */
static int named_zone(struct str s)
{
    static const struct {
        char name[4];
        int hours;
    } zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
                 {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};

    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        if (str_istarts(s, str_n(zones[i].name, 3)))
            return zones[i].hours * 60;
    return 0;
}

static void skip(struct str *s)
{
    *s = str_from(*s, mime_skip_cfws(*s, 0));
}

static bool take_time(struct str *s, struct when *w)
{
    if (!take_number(s, 1, 2, &w->hour))
        return false;
    skip(s);
    if (!take_char(s, ':') && !take_char(s, '.'))
        return false;
    skip(s);
    if (!take_number(s, 1, 2, &w->min))
        return false;
    skip(s);
    if (take_char(s, ':') || take_char(s, '.')) {
        skip(s);
        if (!take_number(s, 1, 2, &w->sec))
            return false;
        skip(s);
    }
    return true;
}

/* RFC 5322 4.3: two digits below 50 are of this century; three count from 1900. */
static bool take_year(struct str *s, unsigned *out)
{
    size_t before = s->n;

    if (!take_number(s, 2, 5, out))
        return false;
    before -= s->n;
    if (before == 2)
        *out += *out < 50 ? 2000 : 1900;
    else if (before == 3)
        *out += 1900;
    return *out <= 9999;
}

enum st mime_date_parse(struct str text, struct mime_date *out)
{
    struct str s = text;
    struct when w = {0};

    skip(&s);
    if (s.n && ascii_is_alpha(s.p[0])) { /* a day's name: not checked against the date */
        while (s.n && ascii_is_alpha(s.p[0]))
            s = str_from(s, 1);
        skip(&s);
        take_char(&s, ',');
        skip(&s);
    }
    if (!take_number(&s, 1, 2, &w.day))
        return FAIL(ST_SYNTAX, "a date without day");
    skip(&s);
    take_char(&s, '-'); /* "1-Jan-2026" is no RFC 5322, but not rare */
    if (!take_month(&s, true, &w.month))
        return FAIL(ST_SYNTAX, "a date without month");
    skip(&s);
    take_char(&s, '-');
    if (!take_year(&s, &w.year))
        return FAIL(ST_SYNTAX, "a date without year");
    skip(&s);
    if (!take_time(&s, &w))
        return FAIL(ST_SYNTAX, "a date without time of day");
    if (s.n && (s.p[0] == '+' || s.p[0] == '-')) {
        if (!take_offset(&s, &w.zone))
            w.zone = 0;
    } else {
        w.zone = named_zone(s);
    }
    return finish(&w, out);
}

enum st imap_datetime_parse(struct str text, struct mime_date *out)
{
    struct str s = text;
    struct when w = {0};
    bool good = take_char(&s, ' ') ? take_number(&s, 1, 1, &w.day) : take_number(&s, 1, 2, &w.day);

    good = good && take_char(&s, '-') && take_month(&s, false, &w.month) && take_char(&s, '-') &&
           take_number(&s, 4, 4, &w.year);
    good = good && take_char(&s, ' ') && take_number(&s, 2, 2, &w.hour) && take_char(&s, ':') &&
           take_number(&s, 2, 2, &w.min);
    good = good && take_char(&s, ':') && take_number(&s, 2, 2, &w.sec) && take_char(&s, ' ') &&
           take_offset(&s, &w.zone) && s.n == 0;
    if (!good)
        return FAIL(ST_SYNTAX, "a date-time looks like \" 1-Jan-2026 10:00:00 +0100\"");
    return finish(&w, out);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct str imap_datetime_print(struct arena *a, int64_t wall_us, int16_t zone)
{
    int64_t s = floor_div(wall_us, 1000000) + (int64_t)zone * 60, days = floor_div(s, 86400), y;
    unsigned t = (unsigned)(s - days * 86400), m, d, off = (unsigned)abs(zone);

    civil_from_days(days, &y, &m, &d);
    return arena_printf(a, "%2u-%c%.2s-%04u %02u:%02u:%02u %c%02u%02u", d, ascii_upper(months[(m - 1) * 3]),
                        months + (m - 1) * 3 + 1, (unsigned)y % 10000, t / 3600, t / 60 % 60, t % 60,
                        zone < 0 ? '-' : '+', off / 60, off % 60);
}

enum st imap_date_parse(struct str text, int64_t *out_day)
{
    struct str s = text;
    struct when w = {0};

    if (!take_number(&s, 1, 2, &w.day) || !take_char(&s, '-') || !take_month(&s, false, &w.month) ||
        !take_char(&s, '-') || !take_number(&s, 4, 4, &w.year) || s.n)
        return FAIL(ST_SYNTAX, "a date looks like \"1-Jan-2026\"");
    if (!is_date(&w))
        return FAIL(ST_SYNTAX, "there is no such date");
    *out_day = days_from_civil(w.year, w.month, w.day);
    return ST_OK;
}

int64_t mime_date_day(int64_t wall_us, int16_t zone)
{
    return floor_div(floor_div(wall_us, 1000000) + (int64_t)zone * 60, 86400);
}

#include "base/envelope.h"

#include "base/clock.h"

#define SECOND_US 1000000

enum st priority_parse(struct str value, int *out)
{
    bool is_negative = str_starts(value, STR("-"));
    struct str digit = str_from(value, is_negative);

    if (digit.n != 1 || !ascii_is_digit(digit.p[0]) || (is_negative && digit.p[0] == '0'))
        return FAIL(ST_SYNTAX, "a priority is a number from -9 to 9");
    *out = is_negative ? '0' - digit.p[0] : digit.p[0] - '0';
    return ST_OK;
}

/* --- by when ---------------------------------------------------------------------------------------------------- */

/* by-mode [by-trace] */
static enum st take_mode(struct str word, struct deliver_by *out)
{
    out->traces = str_iends(word, STR("T"));
    word.n -= out->traces;
    out->returns = str_ieq(word, STR("R"));
    return out->returns || str_ieq(word, STR("N")) ? ST_OK : FAIL(ST_SYNTAX, "the mode is N or R, and T may follow");
}

enum st deliver_by_parse(struct str value, uint64_t now_us, struct deliver_by *out)
{
    struct str rest = value, time;
    struct deliver_by by;
    bool is_negative;
    uint64_t s;

    if (!str_split(&rest, ';', &time) || !time.n || str_find(value, ';') == value.n)
        return FAIL(ST_SYNTAX, "it is SECONDS;MODE");
    is_negative = time.p[0] == '-';
    if (is_negative || time.p[0] == '+')
        time = str_from(time, 1);
    if (time.n > 9 || str_u64(time, DELIVER_BY_MOST_S, &s) != ST_OK)
        return FAIL(ST_SYNTAX, "a time has one to nine digits");
    TRY(take_mode(rest, &by));
    if (by.returns && (is_negative || !s))
        return FAIL(ST_SYNTAX, "mode R wants a time in the future");
    s = is_negative ? MIN(s * SECOND_US, now_us - 1) : s * SECOND_US; /* 0 would mean that nothing is asked for */
    by.at_us = is_negative ? now_us - s : now_us + s;
    *out = by;
    return ST_OK;
}

struct str deliver_by_put(struct arena *a, const struct deliver_by *by)
{
    return arena_printf(a, "%llu;%s%s", (unsigned long long)by->at_us, by->returns ? "R" : "N", by->traces ? "T" : "");
}

enum st deliver_by_get(struct str attribute, struct deliver_by *out)
{
    struct str rest = attribute, time;
    struct deliver_by by;

    if (!str_split(&rest, ';', &time) || str_u64(time, INT64_MAX, &by.at_us) != ST_OK || !by.at_us)
        return FAIL(ST_SYNTAX, "that says not by when");
    TRY(take_mode(rest, &by));
    *out = by;
    return ST_OK;
}

int64_t deliver_by_left_s(const struct deliver_by *by, uint64_t now_us)
{
    int64_t s = by->at_us >= now_us ? (int64_t)((by->at_us - now_us) / SECOND_US)
                                    : -(int64_t)((now_us - by->at_us + SECOND_US - 1) / SECOND_US);

    return MAX(MIN(s, (int64_t)DELIVER_BY_MOST_S), -(int64_t)DELIVER_BY_MOST_S);
}

/* --- not before when -------------------------------------------------------------------------------------------- */

/* %x31-39 *8DIGIT */
enum st hold_for_parse(struct str value, uint64_t *out_s)
{
    if (!value.n || value.n > 9 || value.p[0] == '0')
        return FAIL(ST_SYNTAX, "a number of seconds from 1 to 999999999");
    return str_u64(value, 999999999, out_s);
}

static bool take_number(struct str *io, size_t digits, unsigned min, unsigned max, unsigned *out)
{
    uint32_t n;

    if (io->n < digits || str_u32(str_sub(*io, 0, digits), max, &n) != ST_OK || n < min)
        return false;
    *io = str_from(*io, digits);
    *out = n;
    return true;
}

static bool take_char(struct str *io, char c)
{
    if (!io->n || ascii_upper(io->p[0]) != c)
        return false;
    *io = str_from(*io, 1);
    return true;
}

/* Of the proleptic Gregorian calendar. */
static bool is_date(unsigned y, unsigned m, unsigned d)
{
    int64_t back_y;
    unsigned back_m, back_d;

    civil_from_days(days_from_civil(y, m, d), &back_y, &back_m, &back_d);
    return back_y == y && back_m == m && back_d == d;
}

/* "Z", or an offset that says the same. */
static bool is_utc(struct str zone)
{
    return str_ieq(zone, STR("Z")) || str_eq(zone, STR("+00:00")) || str_eq(zone, STR("-00:00"));
}

/* RFC 3339 section 5.6, in UTC. A leap second is the one behind it; pieces of a second are rounded up, since it is not to go before. */
enum st hold_until_parse(struct str value, uint64_t *out_us)
{
    struct str s = value;
    unsigned y, mon, d, h, min, sec;
    bool is_more = false, ok;

    ok = take_number(&s, 4, 1970, 9999, &y) && take_char(&s, '-') && take_number(&s, 2, 1, 12, &mon) &&
         take_char(&s, '-') && take_number(&s, 2, 1, 31, &d) && take_char(&s, 'T') && take_number(&s, 2, 0, 23, &h) &&
         take_char(&s, ':') && take_number(&s, 2, 0, 59, &min) && take_char(&s, ':') && take_number(&s, 2, 0, 60, &sec);
    if (ok && take_char(&s, '.')) {
        ok = s.n && ascii_is_digit(s.p[0]);
        for (; s.n && ascii_is_digit(s.p[0]); s = str_from(s, 1))
            is_more = is_more || s.p[0] != '0';
    }
    if (!ok || !is_utc(s) || !is_date(y, mon, d) || (sec == 60 && (h != 23 || min != 59)))
        return FAIL(ST_SYNTAX, "a time as 2026-12-24T18:00:00Z");
    *out_us = ((uint64_t)days_from_civil(y, mon, d) * 86400 + h * 3600 + min * 60 + sec + is_more) * SECOND_US;
    return ST_OK;
}

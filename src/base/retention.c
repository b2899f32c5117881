#include "base/retention.h"

#include "base/err.h"

#include <stdio.h>

enum st retention_parse(struct str text, bool may_default, uint32_t *out)
{
    uint32_t n;

    if (may_default && str_eq(text, STR("default")))
        *out = RETAIN_DEFAULT;
    else if (str_eq(text, STR("keep")))
        *out = RETAIN_KEEP;
    else if (str_eq(text, STR("fetched")))
        *out = RETAIN_FETCHED;
    else if (str_starts(text, STR("newest:")) && str_u32(str_from(text, 7), RETAIN_NEWEST_MOST, &n) == ST_OK && n > 0)
        *out = RETAIN_NEWEST | n;
    else if (str_ends(text, STR("d")) && str_u32(str_sub(text, 0, text.n - 1), RETAIN_DAYS_MOST, &n) == ST_OK && n > 0)
        *out = RETAIN_FETCHED + n;
    else
        return FAIL(ST_SYNTAX, "write keep, fetched, a number of days like 30d, or newest:500");
    return ST_OK;
}

void retention_print(uint32_t retention, char out[24])
{
    if (retention == RETAIN_DEFAULT)
        snprintf(out, 24, "default");
    else if (retention == RETAIN_KEEP)
        snprintf(out, 24, "keep");
    else if (retention_is_newest(retention))
        snprintf(out, 24, "newest:%u", retention & ~RETAIN_NEWEST);
    else if (retention == RETAIN_FETCHED)
        snprintf(out, 24, "fetched");
    else
        snprintf(out, 24, "%ud", retention - RETAIN_FETCHED);
}

uint32_t retention_expire_days(uint32_t retention)
{
    if (!retention_is_on(retention))
        return RETAIN_NEVER_EXPIRES;
    return retention_is_newest(retention) ? 1 : retention - RETAIN_FETCHED;
}

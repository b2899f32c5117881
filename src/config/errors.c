/* The list of what is wrong with a file, kept in order of the file. */
#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_before(struct config_pos a, struct config_pos b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

void config_error_add(struct config_errors *errors, struct config_pos at, const char *fmt, ...)
{
    size_t i = errors->n;
    va_list ap;

    if (errors->n == CONFIG_ERRORS_MAX) {
        errors->more++;
        return;
    }
    for (; i > 0 && is_before(at, errors->list[i - 1].at); i--)
        errors->list[i] = errors->list[i - 1];
    errors->n++;
    errors->list[i].at = at;
    va_start(ap, fmt);
    vsnprintf(errors->list[i].text, sizeof errors->list[i].text, fmt, ap);
    va_end(ap);
}

void config_errors_print(const struct config_errors *errors, const char *file, struct buf *out)
{
    for (size_t i = 0; i < errors->n; i++) {
        const struct config_error *e = &errors->list[i];

        buf_addz(out, file);
        if (e->at.line)
            buf_addf(out, ":%u:%u", e->at.line, e->at.column);
        buf_addf(out, ": %s\n", e->text);
    }
    if (errors->more)
        buf_addf(out, "%s: and %zu more\n", file, errors->more);
}

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

_Thread_local struct err *err_here;

struct err *err_get(void)
{
    static _Thread_local struct err of_thread;

    if (!err_here)
        err_here = &of_thread;
    return err_here;
}

enum st err_set(enum st st, const char *file, int line, const char *fmt, ...)
{
    struct err *e = err_get();
    va_list ap;

    e->st = st;
    e->file = file;
    e->line = line;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return st;
}

enum st err_context(enum st st, const char *fmt, ...)
{
    struct err *e = err_get();
    char old[ERR_TEXT_MAX];
    va_list ap;
    int n;

    memcpy(old, e->text, sizeof old);
    va_start(ap, fmt);
    n = vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->text) {
        int room = (int)sizeof e->text - n - 3; /* what does not fit is cut */

        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %.*s", MAX(room, 0), old);
    }
    e->st = st;
    return st;
}

const char *st_name(enum st st)
{
    static const char *const names[] = {
#define ST(name, text) #name,
#include "base/st.def"
#undef ST
    };
    return (unsigned)st < ST_COUNT ? names[st] : "UNKNOWN";
}

const char *st_text(enum st st)
{
    static const char *const texts[] = {
#define ST(name, text) text,
#include "base/st.def"
#undef ST
    };
    return (unsigned)st < ST_COUNT ? texts[st] : "unknown status";
}

enum st st_from_errno(int e)
{
    switch (e) {
    case 0: return ST_INTERNAL;
    case ENOSPC:
    case EDQUOT: return ST_NOSPACE;
    case ENOENT: return ST_NOTFOUND;
    case EEXIST: return ST_EXISTS;
    case EACCES:
    case EPERM: return ST_DENIED;
    case EBUSY: return ST_BUSY;
    case ETIMEDOUT: return ST_TIMEOUT;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return ST_TRYLATER;
    case EPIPE:
    case ECONNRESET: return ST_EOF;
    default: return ST_IO;
    }
}

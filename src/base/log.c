#include "base/log.h"

#include "base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048 /* of one log line: below PIPE_BUF, so that lines of processes do not mix */
#define VALUE_MAX 400       /* of one value, before escaping */

_Thread_local const struct log_ctx *log_here;

static int log_fd = 1;
static const char *log_role = "";
static _Atomic(enum log_level) log_least = LOG_INFO; /* a reload sets it while cores write */
static atomic_uint_fast64_t dropped, untold;         /* since start; since the log last told */

struct row {
    const char *upper;
    enum log_level level;
};

static const struct row rows[] = {
#define LOG_EVENT(name, level_, fields_, text_) {#name, LOG_##level_},
#include "base/log_events.def"
#undef LOG_EVENT
};

void log_set_fd(int fd)
{
    log_fd = fd;
}
void log_set_role(const char *role)
{
    log_role = role;
}
void log_set_level(enum log_level least)
{
    atomic_store_explicit(&log_least, least, memory_order_relaxed);
}
uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}

const char *log_event_name(enum log_event ev)
{
    static _Thread_local char name[64];
    size_t i;

    for (i = 0; rows[ev].upper[i] && i + 1 < sizeof name; i++)
        name[i] = ascii_lower(rows[ev].upper[i]);
    name[i] = 0;
    return name;
}

struct line {
    char p[LINE_MAX_BYTES];
    size_t n;
};

static void add(struct line *l, const char *p, size_t n)
{
    size_t room = sizeof l->p - 1 - l->n; /* the last byte is the newline's */

    n = MIN(n, room);
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f)
            return false;
    }
    return s.n > 0;
}

/* Quoted when it has to be; control bytes as \xHH, so that no value can begin a line of its own. */
static void add_value(struct line *l, struct str s)
{
    bool cut = s.n > VALUE_MAX;

    s.n = MIN(s.n, VALUE_MAX);
    if (is_plain(s) && !cut) {
        add(l, s.p, s.n);
        return;
    }
    add(l, "\"", 1);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char esc[5];

        if (c == '"' || c == '\\')
            add(l, esc, (size_t)snprintf(esc, sizeof esc, "\\%c", c));
        else if (c < 0x20 || c == 0x7f)
            add(l, esc, (size_t)snprintf(esc, sizeof esc, "\\x%02x", c));
        else
            add(l, s.p + i, 1);
    }
    add(l, cut ? "...\"" : "\"", cut ? 4 : 1);
}

static void add_key(struct line *l, const char *key)
{
    add(l, " ", 1);
    add(l, key, strlen(key));
    add(l, "=", 1);
}

static void add_field(struct line *l, const struct log_field *f)
{
    char num[24];

    add_key(l, f->key);
    switch (f->kind) {
    case LF_STR: add_value(l, f->s); break;
    case LF_U64: add(l, num, (size_t)snprintf(num, sizeof num, "%" PRIu64, f->u)); break;
    case LF_I64: add(l, num, (size_t)snprintf(num, sizeof num, "%" PRId64, (int64_t)f->u)); break;
    case LF_LETTER: add(l, num, (size_t)snprintf(num, sizeof num, "%016" PRIx64, f->u)); break;
    case LF_HEX: add(l, num, (size_t)snprintf(num, sizeof num, "%" PRIx64, f->u)); break;
    case LF_END: break;
    }
}

static void add_ctx(struct line *l, const struct log_ctx *c, enum log_level level)
{
    if (c->sid) {
        struct log_field sid = lf_hex("sid", c->sid);

        add_field(l, &sid);
    }
    if (c->letter) {
        struct log_field letter = lf_letter(c->letter);

        add_field(l, &letter);
    }
    if (c->service) {
        add_key(l, "service");
        add(l, c->service, strlen(c->service));
    }
    if (c->peer.n) {
        add_key(l, "peer");
        add_value(l, c->peer);
    }
    if (c->user.n) {
        add_key(l, "user");
        add_value(l, c->user);
    }
    if (c->action && level >= LOG_WARN) {
        add_key(l, "action");
        add_value(l, str_z(c->action));
    }
}

struct log_field lf_err(void)
{
    return lf_z("error", err_get()->text);
}

static void begin(struct line *l, enum log_event ev)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    const char *name = log_event_name(ev), *level = levels[rows[ev].level];

    l->n = 0;
    add(l, "event=", 6);
    add(l, name, strlen(name));
    add_key(l, "level");
    add(l, level, strlen(level));
    if (*log_role) {
        add_key(l, "role");
        add(l, log_role, strlen(log_role));
    }
}

static bool end(struct line *l)
{
    l->p[l->n++] = '\n';
    return write(log_fd, l->p, l->n) == (ssize_t)l->n;
}

static void tell_dropped(void)
{
    uint64_t lines = atomic_exchange(&untold, 0);
    struct log_field n = lf_u64("lines", lines);
    struct line l;

    if (!lines)
        return; /* another core has told */
    begin(&l, LOG_EV_LOG_LINES_DROPPED);
    add_field(&l, &n);
    if (!end(&l))
        atomic_fetch_add(&untold, lines);
}

void log_event(enum log_event ev, const struct log_field *fields)
{
    enum log_level level = rows[ev].level;
    struct line l;

    if (level < atomic_load_explicit(&log_least, memory_order_relaxed))
        return;
    begin(&l, ev);
    if (log_here)
        add_ctx(&l, log_here, level);
    for (const struct log_field *f = fields; f->kind != LF_END; f++)
        add_field(&l, f);
    if (!end(&l)) {
        metric_add(METRIC_LOG_LINES_DROPPED, 1);
        atomic_fetch_add(&dropped, 1);
        atomic_fetch_add(&untold, 1);
    } else if (atomic_load_explicit(&untold, memory_order_relaxed)) {
        tell_dropped();
    }
}

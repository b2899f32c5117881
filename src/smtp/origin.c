#include "smtp/origin.h"

static void add(struct attribute *out, size_t *n, const char *name, struct str value)
{
    if (value.n)
        out[(*n)++] = (struct attribute){str_z(name), value};
}

size_t smtp_origin(const struct smtp_session *s, struct arena *a, struct attribute out[SMTP_ORIGIN_MAX])
{
    struct stream_tls_info tls;
    size_t n = 0;

    add(out, &n, "helo", str_sub(s->helo, 0, 255));
    if (stream_tls_info(s->stream, &tls))
        add(out, &n, "tls", arena_printf(a, "%s %s", tls.version, tls.cipher));
    add(out, &n, "service", str_z(s->log.service));
    add(out, &n, "login", str_sub(s->user.login, 0, 320));
    return n;
}

/* Of a letter that is refused whole: the address, where it is one. */
static struct str refused_rcpt(const struct smtp_session *s)
{
    return s->txn.asked.n ? s->txn.asked : s->txn.only_rcpt;
}

void smtp_origin_refused(struct smtp_session *s, unsigned code, struct str line)
{
    struct attribute v[SMTP_ORIGIN_MAX];
    struct arena a = ARENA_INIT;
    size_t n;

    if (!s->txn.open || code < 550 || code > 554 || !s->setup.ops->refused)
        return;
    n = smtp_origin(s, &a, v);
    add(v, &n, "stage", s->txn.asked.n ? STR("RCPT") : STR("DATA"));
    add(v, &n, "from", str_sub(s->txn.reverse_path, 0, 1000));
    add(v, &n, "rcpt", str_sub(refused_rcpt(s), 0, 1000));
    add(v, &n, "reason", str_sub(str_trim(line), 0, 500));
    s->setup.ops->refused(s->setup.arg, s->txn.id, v, n);
    arena_fini(&a);
}

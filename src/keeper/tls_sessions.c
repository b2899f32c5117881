/* How the courier's connections went, kept until the day's reports are out (RFC 8460): the courier may keep nothing. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "ipc/lists.h"

#define COLUMNS 7
#define ROOM 59000 /* of a report's rows in one message; what is beyond that is left out */

struct tls_job {
    struct keeper *k;
    struct arena *a;
    const void *ask;
    uint64_t day;
    struct str domain;
    struct directory_tls *rows;
    size_t n;
};

static enum st note(void *arg)
{
    struct tls_job *j = arg;

    return directory_tls_note(j->k->directory, j->day, j->domain, j->rows, j->n);
}

static enum st next(void *arg)
{
    struct tls_job *j = arg;
    const struct msg_tls_report_ask *ask = j->ask;
    struct directory_tls_day after = {ask->after_day, ask->after}, found;

    TRY(directory_tls_next(j->k->directory, j->a, ask->until, &after, &found, &j->rows, &j->n));
    j->day = found.day;
    j->domain = found.domain;
    return ST_OK;
}

static enum st removed(void *arg)
{
    struct tls_job *j = arg;

    return directory_tls_remove(j->k->directory, j->day, j->domain);
}

static struct tls_job *job_of(struct ipc_request *r)
{
    struct tls_job *j = ARENA_NEW(r->arena, struct tls_job);

    j->k = ((struct keeper_gate *)r->arg)->keeper;
    j->a = r->arena;
    j->ask = r->msg;
    return j;
}

static void answer(struct ipc_request *r, enum msg_kind kind, const void *msg, enum st st)
{
    if (st != ST_OK && st != ST_NOTFOUND && st != ST_LIMIT)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "reports about TLS"), lf_err());
    if (ipc_answer(r, kind, msg, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "reports about TLS"), lf_err());
}

static enum st read_rows(struct tls_job *j, struct str list)
{
    struct str *w;
    size_t n;

    TRY(words_get(list, j->a, COLUMNS * DIRECTORY_TLS_OF_ONE, &w, &n));
    j->n = n / COLUMNS;
    if (n % COLUMNS)
        return FAIL(ST_SYNTAX, "rows of %d words are %zu words", COLUMNS, n);
    j->rows = ARENA_ARRAY(j->a, struct directory_tls, j->n);
    for (size_t i = 0; i < j->n; i++, w += COLUMNS) {
        j->rows[i] = (struct directory_tls){w[0], w[1], w[2], w[3], w[4], w[5], 0};
        TRY(str_u64(w[6], UINT32_MAX, &j->rows[i].sessions));
    }
    return ST_OK;
}

void keeper_tls_note(struct ipc_request *r)
{
    const struct msg_tls_note_ask *ask = r->msg;
    struct tls_job *j = job_of(r);
    enum st st = read_rows(j, ask->rows);

    j->day = ask->day;
    j->domain = ask->domain;
    if (st == ST_OK)
        st = keeper_sql(j->k, note, j);
    answer(r, MSG_tls_note_answer, &(struct msg_tls_note_answer){.status = (uint8_t)st}, st);
}

/* As many rows as fit. */
static void write_rows(const struct tls_job *j, struct buf *list)
{
    struct str *w = ARENA_ARRAY(j->a, struct str, COLUMNS * j->n);
    size_t n = 0, bytes = 0;

    for (size_t i = 0; i < j->n; i++) {
        const struct directory_tls *t = &j->rows[i];

        bytes += t->type.n + t->policy.n + t->mx.n + t->result.n + t->address.n + t->info.n + 80;
        if (bytes > ROOM)
            break;
        w[n++] = t->type;
        w[n++] = t->policy;
        w[n++] = t->mx;
        w[n++] = t->result;
        w[n++] = t->address;
        w[n++] = t->info;
        w[n++] = arena_printf(j->a, "%llu", (unsigned long long)t->sessions);
    }
    words_put(list, w, n);
}

void keeper_tls_report(struct ipc_request *r)
{
    struct tls_job *j = job_of(r);
    struct msg_tls_report_answer m = {0};
    struct buf list;
    enum st st;

    buf_init(&list, 60000);
    st = keeper_sql(j->k, next, j);
    if (st == ST_OK) {
        write_rows(j, &list);
        st = buf_check(&list);
    }
    m.status = (uint8_t)st;
    if (st == ST_OK) {
        m.day = j->day;
        m.domain = j->domain;
        m.rows = buf_str(&list);
    }
    answer(r, MSG_tls_report_answer, &m, st);
    buf_fini(&list);
}

void keeper_tls_reported(struct ipc_request *r)
{
    const struct msg_tls_reported_ask *ask = r->msg;
    struct tls_job *j = job_of(r);
    enum st st;

    j->day = ask->day;
    j->domain = ask->domain;
    st = keeper_sql(j->k, removed, j);
    answer(r, MSG_tls_reported_answer, &(struct msg_tls_reported_answer){.status = (uint8_t)st}, st);
}

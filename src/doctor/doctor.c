/* `restante doctor`: one check after the other, on a core of its own since some make connections. */
#include "doctor/doctor.h"

#include "co/co.h"
#include "doctor/check.h"

#include <stdio.h>

#define OUT_MAX (1u << 20)
#define STACK_BYTES (1u << 20)

static const struct {
    const char *name;
    enum st (*run)(struct checkup *k, const char *check) SUSPENDS;
} checks[] = {
#define CHECK(id, name) {name, check_##id},
#include "doctor/checks.def"
#undef CHECK
};

const struct seen *checkup_look(struct checkup *k, struct str name, enum dns_type type)
{
    world_want(&k->world, name, type);
    IGNORE(world_ask(&k->world, k->d)); /* what was not answered says so */
    return world_get(&k->world, name, type);
}

static void add_outside(struct checkup *k, struct str text)
{
    struct addr addr;

    if (k->n_outside < FACTS_ADDRESSES_MAX && addr_parse(text, 0, &addr) == ST_OK)
        k->outside[k->n_outside++] = addr;
}

static void find_outside(struct checkup *k)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};

    for (size_t t = 0; t < ARRAY_LEN(types) && !admin_has(k->d->args, "address"); t++) {
        const struct seen *s = checkup_look(k, k->facts.host, types[t]);

        for (size_t i = 0; i < s->n; i++)
            add_outside(k, s->records[i]);
    }
    if (k->n_outside)
        return;
    memcpy(k->outside, k->facts.addresses, sizeof k->outside);
    k->n_outside = k->facts.n_addresses;
}

struct job {
    struct checkup k;
    struct core *core;
    enum st st;
};

static enum st check_all(struct checkup *k) SUSPENDS
{
    TRY(facts_of_server(k->d, k->a, &k->facts));
    world_init(&k->world, k->a);
    find_outside(k);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        world_init(&k->world, k->a);
        TRY(checks[i].run(k, checks[i].name));
    }
    return ST_OK;
}

static void run(void *arg)
{
    struct job *j = arg;

    j->st = check_all(&j->k);
    if (j->st != ST_OK)
        j->st = admin_complain(j->st) == ADMIN_DONE ? ST_CANCELED : j->st;
    core_stop(j->core);
}

static void start(void *arg)
{
    struct job *j = arg;

    if (co_spawn(run, j, "doctor") != ST_OK)
        core_stop(j->core);
}

static enum admin_exit show(const struct job *j)
{
    struct buf out;
    bool is_written;

    buf_init(&out, OUT_MAX);
    if (j->k.d->as_json)
        report_json(j->k.report, &out);
    else
        report_text(j->k.report, &out);
    is_written = fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
    buf_fini(&out);
    if (!is_written)
        return ADMIN_FAILED;
    return report_is_bad(j->k.report) ? ADMIN_WRONG : ADMIN_DONE;
}

enum admin_exit doctor_all(const struct admin_doctor *d)
{
    const struct core_options opt = {.name = "doctor", .coroutines = 4, .stack_bytes = STACK_BYTES};
    struct arena a = ARENA_INIT;
    struct job *j = MEM_NEW(struct job);
    enum admin_exit e = ADMIN_FAILED;

    j->k = (struct checkup){.d = d, .a = &a, .report = MEM_NEW(struct report)};
    j->k.report->a = &a;
    j->st = ST_INTERNAL;
    j->core = core_new(&opt);
    core_post(j->core, start, j);
    core_run(j->core);
    core_free(j->core);
    if (j->st == ST_OK)
        e = show(j);
    mem_free(j->k.report);
    mem_free(j);
    arena_fini(&a);
    return e;
}

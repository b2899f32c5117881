#include "main/figures.h"

#include "base/metrics.h"
#include "net/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const enum metric deaths[ROLE_COUNT] = {
#define ROLE(id, name, count, ops) [ROLE_##id] = METRIC_DEATHS_##id,
#include "main/roles.def"
#undef ROLE
};

void figures_died(const struct child *c)
{
    metric_add(deaths[c->kind], 1);
}

static bool is_wanted(const struct settings *set)
{
    for (size_t i = 0; i < set->listener_count; i++)
        if (set->listeners[i].protocol == PROTOCOL_METRICS)
            return true;
    return false;
}

static enum st make_page(const char *name, size_t bytes, int *out_fd)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        *out_fd = fd;
        return ST_OK;
    }
    return FAIL_ERRNO("a page of figures");
}

static enum st own_page(const struct server *s)
{
    void *page = mmap(NULL, METRICS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s->figures[0], 0);

    if (page == MAP_FAILED)
        return FAIL_ERRNO("a page for metrics");
    metrics_attach(page);
    metric_set(METRIC_INFO, 1);
    metric_set(METRIC_START_TIME, clock_wall_s());
    return ST_OK;
}

static enum st make_tallies(struct server *s)
{
    s->tallies = mem_new(s->gates * sizeof *s->tallies);
    for (unsigned i = 0; i < s->gates; i++)
        TRY(make_page("tally", TALLY_BYTES, &s->tallies[i]));
    return ST_OK;
}

enum st figures_make(struct server *s)
{
    TRY(make_tallies(s));
    if (!is_wanted(s->config.set))
        return ST_OK;
    s->figures = mem_new((s->n_children + 1) * sizeof *s->figures);
    for (size_t i = 0; i <= s->n_children; i++)
        TRY(make_page("metrics", METRICS_BYTES, &s->figures[i]));
    return own_page(s);
}

static enum st give(struct child *c, int fd, const char *name)
{
    return ipc_send(c->link, MSG_role_file, &(struct msg_role_file){.name = str_z(name)}, fd);
}

/* Opened anew, so that the descriptor is good for nothing but reading. */
static enum st give_to_read(struct child *c, int page, const char *name)
{
    char path[64];
    enum st st;
    int fd;

    snprintf(path, sizeof path, "/proc/self/fd/%d", page);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FAIL_ERRNO("a page of figures");
    st = give(c, fd, name);
    close(fd);
    return st;
}

/* Without /proc a gate counts for itself. */
static enum st give_tallies(struct child *c)
{
    const struct server *s = c->server;
    char name[32];

    if (c->kind != ROLE_GATE)
        return ST_OK;
    TRY(give(c, s->tallies[c->index], "tally"));
    for (unsigned i = 0; i < s->gates; i++) {
        snprintf(name, sizeof name, "tally/%u", i);
        if (i != c->index)
            IGNORE(give_to_read(c, s->tallies[i], name));
    }
    return ST_OK;
}

enum st figures_give(struct child *c)
{
    struct server *s = c->server;
    char name[32];

    TRY(give_tallies(c));
    if (!s->figures)
        return ST_OK;
    TRY(give(c, s->figures[1 + (size_t)(c - s->children)], "metrics"));
    for (size_t i = 0; i <= s->n_children && c->kind == ROLE_GATE; i++) {
        snprintf(name, sizeof name, "metrics/%zu", i);
        TRY(give_to_read(c, s->figures[i], name));
    }
    return ST_OK;
}

/* Greylisting for the gates: in memory, and written to the directory once a minute, so that a restart forgets nobody; who dies loses a minute
 * of it, and some are asked to come again once more. */
#include "keeper/keeper.h"

#include "base/log.h"

#include <stdio.h>

#define WRITE_MOST 20000 /* at a time: the directory's thread has other work too */

struct greys_job {
    struct keeper *k;
    const struct greylist_row *rows;
    size_t n;
    uint64_t before_us;
};

static struct greylist_rule rule_of(const struct settings *set)
{
    return (struct greylist_rule){set->smtp_greylist_delay * 1000, set->smtp_greylist_window * 1000,
                                  set->smtp_greylist_keep * 1000, set->smtp_greylist_passes};
}

void keeper_grey(struct ipc_request *r)
{
    const struct keeper_gate *g = r->arg;
    const struct msg_grey_ask *ask = r->msg;
    const struct greylist_rule rule = rule_of(g->keeper->set);
    uint64_t wait_us = greylist_ask(&g->keeper->greylist, &rule, ask->network, ask->sender, ask->rcpt, clock_wall_us());
    struct msg_grey_answer answer = {.status = wait_us ? ST_BUSY : ST_OK,
                                     .wait_s = (uint32_t)((wait_us + 999999) / 1000000)};

    if (ipc_answer(r, MSG_grey_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "greylisting"), lf_err());
}

static enum st write_rows(struct greys_job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        const struct greylist_row *row = &j->rows[i];
        char hex[2 * GREYLIST_KEY_BYTES + 1];
        struct directory_grey out = {.first_us = row->first_us, .last_us = row->last_us, .passes = row->passes};

        for (size_t b = 0; b < GREYLIST_KEY_BYTES; b++)
            snprintf(hex + 2 * b, 3, "%02x", row->key[b]);
        out.key = str_n(hex, 2 * GREYLIST_KEY_BYTES);
        TRY(directory_grey_put(j->k->directory, &out));
    }
    return directory_grey_trim(j->k->directory, j->before_us);
}

static enum st write_all(void *arg)
{
    struct greys_job *j = arg;
    enum st st = directory_begin(j->k->directory);

    TRY(st);
    st = write_rows(j);
    if (st == ST_OK)
        return directory_commit(j->k->directory);
    directory_abort(j->k->directory);
    return st;
}

void keeper_greys_write(struct keeper *k)
{
    uint64_t now_us = clock_wall_us(), keep_us = k->set->smtp_greylist_keep * 1000;

    while (!list_is_empty(&k->greylist.changed)) {
        struct arena a = ARENA_INIT;
        struct greys_job j = {.k = k, .before_us = now_us - MIN(keep_us, now_us)};
        enum st st;

        j.rows = greylist_take(&k->greylist, &a, WRITE_MOST, &j.n);
        st = keeper_sql(k, write_all, &j);
        arena_fini(&a);
        if (st == ST_OK)
            continue;
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "greylisting"), lf_err());
        return; /* these are written when they are heard of again */
    }
}

static bool key_of(struct str hex, unsigned char out[GREYLIST_KEY_BYTES])
{
    for (size_t i = 0; i < 2 * GREYLIST_KEY_BYTES; i++) {
        char c = i < hex.n ? hex.p[i] : '?';
        int v = ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (v < 0)
            return false;
        out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] | v : v << 4);
    }
    return hex.n == 2 * GREYLIST_KEY_BYTES;
}

enum st keeper_greys_load(struct keeper *k)
{
    uint64_t now_us = clock_wall_us(), keep_us = k->set->smtp_greylist_keep * 1000;
    struct arena a = ARENA_INIT;
    struct directory_grey *v;
    size_t n = 0;
    enum st st = directory_grey_list(k->directory, &a, now_us - MIN(keep_us, now_us), GREYLIST_MAX, &v, &n);

    for (size_t i = n; st == ST_OK && i-- > 0;) {
        struct greylist_row row = {.first_us = v[i].first_us, .last_us = v[i].last_us, .passes = v[i].passes};

        if (key_of(v[i].key, row.key))
            greylist_add(&k->greylist, &row);
    }
    arena_fini(&a);
    return st;
}

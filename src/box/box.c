/* The role: opens the store, starts a thread a core, hands each its ends of pairs. */
#include "box/box.h"
#include "box/grants.h"
#include "box/names.h"
#include "box/poison.h"
#include "box/sessions.h"
#include "box/tracing.h"
#include "config/config.h"
#include "main/role.h"
#include "mime/addrspec.h"
#include "mime/casefold.h"
#include "mail/trace.h"
#include "mime/net_unicode.h"
#include "mime/charset.h"
#include "queue/queue.h"
#include "sasl/prep.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_QUEUE 10000
#define LARGE_BYTES (1 << 20) /* given back to the system when they are freed */
#define COROUTINES 8192       /* of a core: a command or a delivery each; parked sessions have none */
#define NAMES_KEPT 5000       /* of accounts, of a core */
#define LAST_MS 2000          /* for what is better done before the end */

const struct ipc_handler box_gate_handlers[] = {
    {MSG_session_ask, box_session_ask, false}, {MSG_submit_ask, box_submit_ask, true},
    {MSG_submit_end, box_submit_end, true},    {MSG_spool_ask, box_spool_ask, false},
    {MSG_deliver_ask, box_deliver_ask, false}, {MSG_room_ask, box_room_ask, false},
    {MSG_future_ask, box_future_ask, false},   {MSG_health_ask, box_health_ask, true},
    {MSG_trace_note, box_trace_note, true},
};
const size_t box_n_gate_handlers = ARRAY_LEN(box_gate_handlers);

const struct ipc_handler box_keeper_handlers[] = {
    {MSG_grant_ask, box_grant_ask, true},
    {MSG_revoke, box_revoke, true},
    {MSG_bounce_keys, box_bounce_keys, true},
    {MSG_brake_note, box_brake_note, true},
    {MSG_alert_ask, box_alert_ask, false},
    {MSG_pass_key, box_pass_key, true},
    {MSG_account_limits, box_account_limits, false},
    {MSG_domain_limits, box_domain_limits, true},
    {MSG_usage_ask, box_usage_ask, false},
    {MSG_erase_ask, box_erase_ask, false},
    {MSG_tool_ask, box_tool_ask, false},
};
const size_t box_n_keeper_handlers = ARRAY_LEN(box_keeper_handlers);

const struct ipc_handler box_control_handlers[] = {{MSG_admin_ask, box_admin_ask, false}};
const size_t box_n_control_handlers = ARRAY_LEN(box_control_handlers);

/* Letters for our own domains (notices, mostly) it delivers like a gate, to what the keeper has resolved for it. */
const struct ipc_handler box_courier_handlers[] = {
    {MSG_work_ask, box_work_ask, false},       {MSG_letter_ask, box_letter_ask, false},
    {MSG_outcome_ask, box_outcome_ask, false}, {MSG_spool_ask, box_spool_ask, false},
    {MSG_deliver_ask, box_deliver_ask, false},
};
const size_t box_n_courier_handlers = ARRAY_LEN(box_courier_handlers);

static enum st make_dir(int at, const char *name)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
        return FAIL_ERRNO(name);
    return ST_OK;
}

static struct store_upkeep upkeep_of(const struct settings *set)
{
    return (struct store_upkeep){
        .dictionary = set->store_dictionary, .rate = set->store_compact_rate, .dead_percent = set->store_compact_dead};
}

static enum st open_store(struct box *b, struct role *r) SUSPENDS
{
    char path[4096];
    struct store_upkeep upkeep = upkeep_of(b->set);
    struct store_options opt;
    int dir = open(r->dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

    if (dir < 0)
        return FAIL_ERRNO(r->dir);
    snprintf(path, sizeof path, "%s/store", r->dir);
    if (make_dir(dir, "store") != ST_OK || make_dir(dir, "spool") != ST_OK) {
        close(dir);
        return err_get()->st;
    }
    b->spool_dir = openat(dir, "spool", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    close(dir);
    if (b->spool_dir < 0)
        return FAIL_ERRNO("spool");
    opt = store_options_of(b->set, path);
    opt.upkeep = &upkeep;
    opt.disk = b->disk;
    return store_open(&opt, &b->store);
}

/* --- what earlier boxes have died on --- */

static enum st set_aside(struct box *b, const struct poison_item *i)
{
    static const char *const kinds[] = {"", "message", "queue", "letter"};

    LOG(BOX_ITEM_QUARANTINED, lf_z("kind", kinds[i->kind]), lf_hex("account", i->account), lf_hex("id", i->id));
    switch (i->kind) {
    case POISON_EMAIL: return mail_quarantine_add(b->mail, i->account, i->id);
    case POISON_QUEUE: return queue_quarantine_add(b->queue, i->id);
    default: b->poisoned[b->n_poisoned++] = i->id; return ST_OK;
    }
}

static bool is_to_be_set_aside(const struct poison_item *i)
{
    return i->deaths >= POISON_DEATHS && i->kind > POISON_NONE && i->kind <= POISON_LETTER;
}

/* Before the cores run. */
static enum st set_poison_aside(struct box *b, struct role *r)
{
    b->pages = mem_new(b->n_cores * sizeof(struct poison_page *));
    b->poisoned = mem_new((size_t)b->n_cores * POISON_ITEMS * sizeof *b->poisoned);
    for (unsigned core = 0; core < b->n_cores; core++) {
        TRY(poison_open(r, core, &b->pages[core]));
        for (size_t i = 0; i < b->pages[core]->n; i++)
            if (is_to_be_set_aside(&b->pages[core]->items[i]))
                TRY(set_aside(b, &b->pages[core]->items[i]));
    }
    poison_watch(b->pages[0]);
    return ST_OK;
}

static void *core_thread(void *arg)
{
    struct box_core *c = arg;

    poison_watch(c->box->pages[c->index]);
    core_run(c->core);
    return NULL;
}

static enum st start_core(struct box *b, unsigned i, struct core *first)
{
    struct box_core *c = &b->cores[i];
    struct core_options opt = {
        .index = i, .name = "box", .coroutines = COROUTINES, .watchdog_ms = (unsigned)b->set->watchdog_slice};

    c->box = b;
    c->index = i;
    c->set = config_ref(b->set);
    list_init(&c->grants_by_age);
    list_init(&c->sessions);
    c->core = i == 0 ? first : core_new(&opt);
    b->core_list[i] = c->core;
    return c->core ? ST_OK : FAIL(ST_INTERNAL, "no core");
}

/* RocksDB's threads and ours free what others have allocated: with a heap for each of them (libc's way) the box grew to more than
 * twice of what it used. */
static void bound_heaps(unsigned cores)
{
    mallopt(M_ARENA_MAX, (int)cores + 2);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

static void set_queue(struct box *b, const struct settings *set)
{
    queue_set_notices(b->queue, &(struct queue_notices){.language = set->notice_language,
                                                        .strangers = set->notice_strangers,
                                                        .full_max = set->notice_full_max,
                                                        .per_sender = set->notice_per_sender,
                                                        .per_hour = set->notice_per_hour});
    queue_set_retry(b->queue, &(struct queue_retry){.first_us = set->queue_retry_first * 1000,
                                                    .most_us = set->queue_retry_most * 1000,
                                                    .lifetime_us = set->queue_lifetime * 1000,
                                                    .notice_us = set->queue_delay_notice * 1000});
}

static enum st box_start(struct role *r) SUSPENDS
{
    struct box *b = MEM_NEW(struct box);

    r->state = b;
    b->set = config_ref(r->settings);
    b->n_cores = r->cores;
    b->n_gates = r->gates;
    if (r->gates > BOX_GATES_MAX)
        return FAIL(ST_LIMIT, "more than %d gates", BOX_GATES_MAX);
    bound_heaps(b->n_cores);
    b->cores = mem_new(b->n_cores * sizeof *b->cores);
    b->core_list = mem_new(b->n_cores * sizeof(struct core *));
    b->disk = offload_new("disk", b->set->store_read_threads, READ_QUEUE);
    TRY(open_store(b, r));
    for (unsigned i = 0; i < b->n_cores; i++)
        TRY(start_core(b, i, r->core));
    names_init(&b->names, b);
    b->mail = mail_new(&(struct mail_options){.store = b->store,
                                              .cores = b->core_list,
                                              .n_cores = b->n_cores,
                                              .cache_bytes = b->set->mail_cache,
                                              .max_mailboxes = b->set->mail_max_mailboxes,
                                              .names = &b->names,
                                              .count_first = true});
    b->queue =
        queue_new(&(struct queue_options){.store = b->store, .core = b->core_list[0], .host_name = b->set->host_name});
    set_queue(b, b->set);
    b->trace = trace_new(&(struct trace_options){.store = b->store, .cores = b->core_list, .n_cores = b->n_cores});
    tracing_set(b, b->set);
    tracing_watch(b);
    TRY(set_poison_aside(b, r));
    TRY(queue_start(b->queue));
    for (unsigned i = 0; i < b->n_cores; i++) {
        b->cores[i].mail = b->mail;
        core_post(b->core_list[i], box_upkeep_start, &b->cores[i]);
    }
    core_post(b->core_list[0], box_figures_start, b);
    core_post(b->core_list[0], tracing_start, b);
    for (unsigned i = 1; i < b->n_cores; i++)
        if (pthread_create(&b->cores[i].thread, NULL, core_thread, &b->cores[i]) != 0)
            return FAIL(ST_INTERNAL, "no thread for core %u", i);
    return ST_OK;
}

/* --- ends of pairs, each on the core that it belongs to --- */
struct attach {
    struct box_core *core;
    struct role_peer peer;
};

static struct box_peer *place_of(struct box_core *c, const struct role_peer *p, struct ipc_options *opt)
{
    switch (p->kind) {
    case ROLE_GATE:
        opt->handlers = box_gate_handlers;
        opt->n_handlers = box_n_gate_handlers;
        return p->index < c->box->n_gates ? &c->gates[p->index] : NULL;
    case ROLE_KEEPER:
        opt->handlers = box_keeper_handlers;
        opt->remembers = NAMES_KEPT;
        opt->n_handlers = box_n_keeper_handlers;
        return &c->keeper;
    case ROLE_CONTROL:
        opt->handlers = box_control_handlers;
        opt->n_handlers = box_n_control_handlers;
        return &c->control;
    case ROLE_COURIER:
        opt->handlers = box_courier_handlers;
        opt->n_handlers = box_n_courier_handlers;
        return &c->courier;
    default: return NULL;
    }
}

static void attach_here(void *arg)
{
    struct attach *a = arg;
    struct ipc_options opt = {.peer = role_name(a->peer.kind)};
    struct box_peer *place = place_of(a->core, &a->peer, &opt);

    if (!place) {
        close(a->peer.fd);
    } else if (place->ipc) {
        if (a->peer.kind == ROLE_GATE)
            grants_drop_gate(a->core, a->peer.index); /* its connections died with it */
        if (a->peer.kind == ROLE_COURIER)
            queue_give_back_all(a->core->box->queue); /* what it carried is carried by the next one */
        ipc_replace(place->ipc, a->peer.fd, a->peer.epoch);
    } else {
        place->core = a->core;
        place->index = a->peer.kind == ROLE_COURIER ? PASS_COURIER : a->peer.index;
        opt.arg = place;
        if (ipc_new(a->peer.fd, a->peer.epoch, &opt, &place->ipc) != ST_OK)
            LOG(PEER_FAILED, lf_z("peer", opt.peer), lf_err());
    }
    mem_free(a);
}

static void box_peer(struct role *r, const struct role_peer *p)
{
    struct box *b = r->state;
    struct attach *a = MEM_NEW(struct attach);

    if (p->core >= b->n_cores) {
        close(p->fd);
        mem_free(a);
        return;
    }
    *a = (struct attach){&b->cores[p->core], *p};
    core_post(a->core->core, attach_here, a);
}

/* --- the end: sessions say goodbye, the cores run out, the store closes --- */
static void stop_here(void *arg)
{
    sessions_stop(arg);
}

/* Gates may still have letters in hand, and the courier what became of some: the box serves them until they are gone. */
static bool all_quiet(const struct box *b)
{
    for (unsigned i = 0; i < b->n_cores; i++)
        if (__atomic_load_n(&b->cores[i].n_sessions, __ATOMIC_RELAXED))
            return false;
    for (unsigned i = 0; i < b->n_gates; i++)
        if (b->cores[0].gates[i].ipc && ipc_is_up(b->cores[0].gates[i].ipc))
            return false;
    if (b->cores[0].courier.ipc && ipc_is_up(b->cores[0].courier.ipc))
        return false;
    return true;
}

static bool all_tended(const struct box *b)
{
    for (unsigned i = 0; i < b->n_cores; i++)
        if (!__atomic_load_n(&b->cores[i].tended, __ATOMIC_ACQUIRE))
            return false;
    return true;
}

/* Mailboxes open at once after the next start. It takes no longer than that, and none of the time that sessions have left. */
static void tend_last(struct box *b, mono_ms deadline) SUSPENDS
{
    mono_ms until = MIN(deadline, deadline_in(LAST_MS));

    for (unsigned i = 0; i < b->n_cores; i++) {
        b->cores[i].tend_until = until;
        core_post(b->cores[i].core, box_upkeep_end, &b->cores[i]);
    }
    while (!all_tended(b) && clock_mono_ms() < until && co_sleep(deadline_in(1)) == ST_OK)
        continue;
}

static void box_stop(struct role *r, mono_ms deadline) SUSPENDS
{
    struct box *b = r->state;

    for (unsigned i = 0; i < b->n_cores; i++)
        core_post(b->cores[i].core, stop_here, &b->cores[i]);
    do {
        if (co_sleep(deadline_in(20)) != ST_OK)
            break;
    } while (!all_quiet(b) && clock_mono_ms() < deadline);
    tend_last(b, deadline);
    tracing_end(b, MIN(deadline, deadline_in(LAST_MS)));
    if (clock_mono_ms() < deadline)
        IGNORE(store_settle(b->store)); /* else the next one replays */
}

/* --- new settings --- */
struct new_settings {
    struct box_core *core;
    const struct settings *set;
};

static void take_settings(void *arg)
{
    struct new_settings *n = arg;

    config_unref(n->core->set);
    n->core->set = n->set;
    box_upkeep_set(n->core);
    if (n->core->index == 0) {
        set_queue(n->core->box, n->set);
        tracing_set(n->core->box, n->set);
    }
    mem_free(n);
}

static void box_reload(struct role *r, const struct settings *set)
{
    struct box *b = r->state;
    struct store_upkeep upkeep;

    for (unsigned i = 0; i < b->n_cores; i++) {
        struct new_settings *n = MEM_NEW(struct new_settings);

        *n = (struct new_settings){&b->cores[i], config_ref(set)};
        core_post(b->cores[i].core, take_settings, n);
    }
    upkeep = upkeep_of(set);
    store_set_upkeep(b->store, &upkeep);
}

static enum st box_prepare(struct role *r)
{
    (void)r;
    charset_preload();
    casefold_preload();
    net_unicode_preload();
    addrspec_preload();
    sasl_prep_preload(); /* identifiers of access control lists */
    return ST_OK;
}

const struct role_ops box_role = {.name = "box",
                                  .coroutines = COROUTINES,
                                  .prepare = box_prepare,
                                  .start = box_start,
                                  .peer = box_peer,
                                  .reload = box_reload,
                                  .stop = box_stop};

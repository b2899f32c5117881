/* The box: mailboxes and queue, and IMAP and POP3 after login, a thread a core. Glue: what a message from another
 * process asks is handed to the rooms that know how. Each core has ends of pairs of its own to every gate and to the keeper,
 * grants and sessions of the accounts it owns, and shares nothing with the others but the mail room's own messages. */
#pragma once

#include "base/log.h"
#include "base/map.h"
#include "base/must.h"
#include "base/secret.h"
#include "config/settings.h"
#include "ipc/ipc.h"
#include "box/mark.h"
#include "ipc/pass.h"
#include "mail/mail.h"
#include "mail/shared.h"

#include <pthread.h>
#include <stdatomic.h>

#define BOX_GATES_MAX 256

struct box;
struct queue;
struct box_core;
struct poison_page;

/* Whom a message came from: the `arg` of an end. */
struct box_peer {
    struct box_core *core;
    struct ipc *ipc;
    uint32_t index; /* of the gate */
};

struct box_core {
    struct box *box;
    struct core *core;
    unsigned index;
    pthread_t thread; /* not of core 0 */
    const struct settings *set;
    struct mail *mail;
    struct box_peer gates[BOX_GATES_MAX], keeper, control, courier;
    struct map braked; /* accounts whose letters are held: brake.h */
    struct map grants; /* by token */
    struct list grants_by_age, sessions;
    size_t n_sessions;
    unsigned char pass_key[PASS_KEY_BYTES];
    bool has_pass_key, stopping;
    struct mark_keys mark_keys; /* of letters that leave */
    struct co_event upkeep_due; /* new settings: not only in an hour */
    mono_ms tend_until;
    bool tended;
    unsigned halvings; /* of the time that deleted messages are kept: the disk is short */
    uint64_t delivered, logins;
};

struct box {
    const struct settings *set;
    struct store *store;
    struct offload *disk;
    struct offload *slow; /* one thread for work that takes minutes; NULL: not needed yet. Core 0 only */
    struct queue *queue;
    struct mail *mail;
    struct trace *trace;
    struct trace_writer *trace_writer;
    mono_ms notes_since; /* refusals of gates, of this minute. Core 0 only, where gates send them */
    uint32_t notes;
    struct mail_names names;
    struct box_core *cores;
    struct core **core_list;
    unsigned n_cores, n_gates;
    struct poison_page **pages; /* of each core; NULL where main gave none */
    uint64_t *poisoned;         /* letters that are not taken: poison_letter */
    size_t n_poisoned;
    atomic_bool is_checked; /* `restante check` is under way */
    struct co_timer figures;
    int spool_dir; /* where unlinked spool files are made */
};

/* The handlers of messages from gates, the keeper and the administration. */
extern const struct ipc_handler box_gate_handlers[], box_keeper_handlers[], box_control_handlers[],
    box_courier_handlers[];
extern const size_t box_n_gate_handlers, box_n_keeper_handlers, box_n_control_handlers, box_n_courier_handlers;

void box_grant_ask(struct ipc_request *r);
void box_revoke(struct ipc_request *r);
void box_pass_key(struct ipc_request *r);
void box_bounce_keys(struct ipc_request *r);
void box_brake_note(struct ipc_request *r);
void box_alert_ask(struct ipc_request *r) SUSPENDS;
void box_session_ask(struct ipc_request *r) SUSPENDS;
void box_tool_ask(struct ipc_request *r) SUSPENDS;
void box_submit_ask(struct ipc_request *r);
void box_submit_end(struct ipc_request *r);
void box_spool_ask(struct ipc_request *r) SUSPENDS;
void box_deliver_ask(struct ipc_request *r) SUSPENDS;
void box_room_ask(struct ipc_request *r) SUSPENDS;
void box_future_ask(struct ipc_request *r) SUSPENDS;
void box_account_limits(struct ipc_request *r) SUSPENDS;
void box_domain_limits(struct ipc_request *r);
void box_usage_ask(struct ipc_request *r) SUSPENDS;
void box_erase_ask(struct ipc_request *r) SUSPENDS;
void box_admin_ask(struct ipc_request *r) SUSPENDS;
void box_work_ask(struct ipc_request *r) SUSPENDS;
void box_letter_ask(struct ipc_request *r) SUSPENDS;
void box_outcome_ask(struct ipc_request *r) SUSPENDS;
void box_health_ask(struct ipc_request *r);

/* On core 0: what metrics show of queue and store. */
void box_figures_start(void *box);

/* Runs fn(arg) as a coroutine on the core that owns the account, and waits for its end, however long it takes. ST_TRYLATER: not
 * run. Errors of its own it leaves in arg: error records stay on their core. */
enum st box_on_core_of(struct box *b, uint64_t account, void (*fn)(void *arg) SUSPENDS, void *arg) SUSPENDS MUST_USE;

/* On the core: what happens to mail by itself begins; new settings for it. */
void box_upkeep_start(void *box_core);
void box_upkeep_set(struct box_core *c);
void box_upkeep_end(void *box_core); /* what is better done before the end, until tend_until; `tended` when it is */

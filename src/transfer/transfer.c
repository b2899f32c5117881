#include "transfer/transfer.h"

#include "transfer/inside.h"

#include <locale.h>
#include <unistd.h>

#define SILENCE_MS 600000 /* of the box: it may be busy with a large commit */

struct job {
    struct core *core;
    struct transfer t;
    int fd;
    enum admin_exit exit;
};

static enum st greeting(struct client *c) SUSPENDS
{
    struct answer a;

    do
        TRY(client_read(c, &a));
    while (!a.is_tagged);
    return client_failed(&a);
}

static enum st carry_out(struct job *j) SUSPENDS
{
    const struct stream_options opt = {
        .in_max = 262144, .out_high = 65536, .read_timeout_ms = SILENCE_MS, .write_timeout_ms = SILENCE_MS};
    struct stream *s;
    enum st st;

    TRY(stream_new(TAKE_FD(j->fd), &opt, &s));
    client_init(&j->t.client, s);
    st = greeting(&j->t.client);
    TRY(st);
    if (j->t.source)
        return transfer_fill(&j->t);
    switch (j->t.args->command->id) {
    case ADMIN_CMD_export: return transfer_export(&j->t);
    case ADMIN_CMD_reports: return transfer_reports(&j->t);
    default: return transfer_import(&j->t);
    }
}

static void run(void *arg)
{
    struct job *j = arg;
    enum st st = carry_out(j);

    j->exit = report_end(&j->t.report, st);
    client_fini(&j->t.client);
    core_stop(j->core);
}

static void start(void *arg)
{
    struct job *j = arg;

    if (co_spawn(run, j, "transfer") != ST_OK)
        core_stop(j->core);
}

static enum admin_exit carry_on_core(struct job *j)
{
    const struct core_options opt = {.name = "transfer", .coroutines = 8, .stack_bytes = 1 << 20};

    setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive writes names by it */
    j->exit = ADMIN_FAILED;
    j->core = core_new(&opt);
    core_post(j->core, start, j);
    core_run(j->core);
    core_free(j->core);
    report_fini(&j->t.report);
    arena_fini(&j->t.arena);
    return j->exit;
}

enum admin_exit transfer_main(const struct admin_args *args, struct str password, int fd, bool as_json)
{
    struct job j = {.t.args = args, .t.password = password, .fd = fd};
    bool is_import = args->command->id == ADMIN_CMD_import;

    report_init(&j.t.report, as_json,
                is_import                               ? "imported"
                : args->command->id == ADMIN_CMD_export ? "exported"
                                                        : "read");
    j.t.report.is_import = is_import;
    return carry_on_core(&j);
}

enum admin_exit transfer_put(const struct transfer_source *from, int fd, bool as_json)
{
    struct job j = {.t.source = from, .fd = fd};

    report_init(&j.t.report, as_json, from->verb);
    j.t.report.is_import = true;
    j.t.report.describe = from->describe;
    j.t.report.describe_arg = from->arg;
    return carry_on_core(&j);
}

/* A whole connection before login, as a stranger would send it. The first byte says what the listener allows. */
#include "base/must.h"
#include "config/config.h"
#include "pop3/pop3.h"

#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct core *core;
    struct str input;
    const struct settings *set;
    uint8_t kind;
    struct stream *client, *server;
    struct pop3_login_kept kept;
    enum st woke; /* why it is called again after it was parked */
};

static enum st authenticate(void *arg, const struct login_try *t, struct login_result *out UNUSED)
{
    const struct run *r = arg;

    return t->user.n % 2 == r->kind % 2 ? FAIL(ST_DENIED, "no") : FAIL(ST_TRYLATER, "busy");
}

static enum st starttls(void *arg UNUSED)
{
    return FAIL(ST_IO, "no");
}

static void serve(void *arg);

static void woken(void *arg, enum st st)
{
    struct run *r = arg;

    r->woke = st;
    must(co_spawn(serve, r, "serve") == ST_OK);
}

static bool park(void *arg)
{
    struct run *r = arg;

    return stream_park(r->server, NEVER, woken, r);
}

static void feed(void *arg)
{
    struct run *r = arg;
    struct str gone;

    if (stream_write(r->client, r->input) == ST_OK && stream_shutdown(r->client) == ST_OK)
        while (stream_more(r->client) == ST_OK) {
            gone = stream_input(r->client);
            stream_eat(r->client, gone.n);
        }
    stream_free(TAKE(r->client));
}

static void serve(void *arg)
{
    static const struct login_ops ops = {authenticate, starttls, park};
    struct pop3_login_outcome out;
    struct run *r = arg;
    struct pop3_login_options opt = {.stream = r->server,
                                     .kept = &r->kept,
                                     .woke = r->woke,
                                     .set = r->set,
                                     .ops = &ops,
                                     .arg = r,
                                     .plaintext_auth = r->kind & 2};
    enum st st = pop3_login(&opt, &out);

    must(st != ST_OK);
    if (st == ST_PARKED)
        return;
    must(out.reason != NULL);
    stream_free(TAKE(r->server));
    core_stop(r->core);
}

static void start(void *arg)
{
    static const struct stream_options opt = {
        .in_max = 65536, .out_high = 8192, .read_timeout_ms = 1000, .write_timeout_ms = 1000};
    struct run *r = arg;
    int fd[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
    must(stream_new(fd[0], &opt, &r->client) == ST_OK && stream_new(fd[1], &opt, &r->server) == ST_OK);
    must(co_spawn(serve, r, "serve") == ST_OK && co_spawn(feed, r, "feed") == ST_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_errors errors;
    struct run r = {0};

    if (size == 0)
        return 0;
    r.kind = data[0];
    r.input = str_n((const char *)data + 1, size - 1);
    must(config_parse(STR("host_name mail.example.test\n"), "fuzz", &r.set, &errors) == ST_OK);
    r.core = core_new(&(struct core_options){.name = "fuzz", .coroutines = 8});
    core_post(r.core, start, &r);
    core_run(r.core);
    core_free(r.core);
    config_unref(r.set);
    return 0;
}

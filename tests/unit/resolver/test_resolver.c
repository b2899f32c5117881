#include "resolver/resolver.c"

#include "config/config.h"
#include "main/sandbox.h"
#include "test.h"

#include <sys/wait.h>

/* In a process of its own, since it seals itself: the library's thread must live within the sandbox. The exit status
 * says how far it came. */
static struct role role;
static const char *lines;
static enum st (*sealing)(struct role *r);

static void ask_it(const char *name, enum st *out_st, struct msg_dns_answer *m)
{
    struct resolver *x = role.state;
    struct arena a = ARENA_INIT;
    struct buf rdata;

    buf_init(&rdata, ANSWER_MOST);
    resolver_resolve(x, &a, str_z(name), TYPE_A, m, &rdata);
    *out_st = (enum st)m->status;
}

static void ask_names(void *arg)
{
    struct msg_dns_answer m;
    struct str *records;
    struct arena a = ARENA_INIT;
    enum st st;
    size_t n;

    (void)arg;
    if (resolver_prepare(&role) != ST_OK || sealing(&role) != ST_OK || resolver_start(&role) != ST_OK)
        _exit(1);
    ask_it(OWN_NAME, &st, &m);
    if (st != ST_OK || words_get(m.rdata, &a, 10, &records, &n) != ST_OK || n != 1 ||
        !str_eq(records[0], str_n("\x7f\0\0\1", 4)))
        _exit(2);
    ask_it("nobody.invalid", &st, &m); /* the library knows by itself that there is no such name */
    if (st != ST_NOTFOUND || !m.ttl) /* and how long that holds */
        _exit(3);
    ask_it("a..b", &st, &m);
    if (st != ST_SYNTAX)
        _exit(4);
    ask_it("www.zone.test", &st, &m); /* its server is not there */
    if (st != ST_TRYLATER)
        _exit(5);
    _exit(0);
}

static void begin(void *arg)
{
    if (co_spawn(ask_names, arg, "test") != ST_OK)
        _exit(9);
}

static int run_child(void)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);

    role = (struct role){.kind = ROLE_RESOLVER, .ops = &resolver_role, .gates = 1, .cores = 1};
    if (config_parse(str_z(lines), "test", &role.settings, errors) != ST_OK)
        return 8;
    role.core = core_new(&(struct core_options){.name = "test", .coroutines = 16, .stack_bytes = STACK_BYTES});
    core_post(role.core, begin, NULL);
    core_run(role.core);
    return 7;
}

static enum st seal(struct role *r)
{
    return sandbox_seal(r);
}
static enum st do_not_seal(struct role *r)
{
    (void)r;
    return ST_OK;
}

static int status_of_child(enum st (*how)(struct role *r))
{
    pid_t pid = fork();
    int status = 0;

    sealing = how;
    lines = "host_name mail.example.test\nresolver_timeout 3s\nuser_resolver 1990000005\n"
            "dns_zone zone.test { type stub  server 127.0.0.1@9  dnssec no }\n";
    if (pid == 0)
        _exit(run_child());
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

TEST(questions_are_answered)
{
    CHECK_U64((unsigned)status_of_child(do_not_seal), 0);
}

TEST(questions_are_answered_from_within_the_sandbox)
{
    CHECK_U64((unsigned)status_of_child(seal), 0);
}

TEST(the_settings_become_the_librarys_file)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct role *r = MEM_NEW(struct role);
    struct buf b;

    CHECK_ST(
        config_parse(STR("host_name mail.example.test\nresolver_cache 8M\nresolver_forward 192.0.2.1,2001:db8::1@5353\n"
                         "dns_zone private.test { type forward  server 127.0.0.1@5301  dnssec no }\n"),
                     "test", &r->settings, errors),
        ST_OK);
    buf_init(&b, CONFIG_MOST);
    put_config(&b, r);
    CHECK(str_search(buf_str(&b), STR("rrset-cache-size: 4194304\n")) < b.n);
    CHECK(str_search(buf_str(&b), STR("domain-insecure: \"private.test\"\n")) < b.n);
    CHECK(str_search(buf_str(&b),
                     STR("forward-zone:\n    name: \"private.test\"\n    forward-addr: 127.0.0.1@5301\n")) < b.n);
    CHECK(str_search(buf_str(&b),
                     STR("name: \".\"\n    forward-addr: 192.0.2.1@53\n    forward-addr: 2001:db8::1@5353\n")) < b.n);
    CHECK(str_search(buf_str(&b), STR("trust-anchor-file")) == b.n); /* main has handed over none */
    buf_fini(&b);
    config_unref(r->settings);
    mem_free(r);
    mem_free(errors);
}

TEST(root_servers_are_read_out_of_their_file)
{
    static const char file[] = "; of our own\n.\t\t3600 IN NS\ta.root.\na.root. 3600\tA  192.0.2.1 ; the first\r\n"
                               "a.root. IN AAAA 2001:db8::1\nb.root. A nonsense\nc.root. A 192.0.2.2";
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct role *r = MEM_NEW(struct role);
    struct buf b;
    int fd = memfd_create("hints", MFD_CLOEXEC);

    CHECK(fd >= 0 && write(fd, file, sizeof file - 1) == sizeof file - 1);
    r->files[r->n_files++] = (struct role_file){.name = "root-hints", .fd = fd};
    CHECK_ST(config_parse(STR("host_name mail.example.test\n"), "test", &r->settings, errors), ST_OK);
    buf_init(&b, CONFIG_MOST);
    put_config(&b, r);
    CHECK(str_search(buf_str(&b), STR("stub-zone:\n    name: \".\"\n    stub-prime: yes\n    stub-addr: 192.0.2.1\n"
                                      "    stub-addr: 2001:db8::1\n    stub-addr: 192.0.2.2\n")) < b.n);
    CHECK(str_search(buf_str(&b), STR("root-hints:")) == b.n);
    buf_fini(&b);
    config_unref(r->settings);
    close(fd);
    mem_free(r);
    mem_free(errors);
}

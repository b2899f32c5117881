/* As what letters leave, where that is said for the server or for a domain (`domain set --source --ehlo`): is the address here, is it named as the server
 * names itself, and is it in no list? */
#include "doctor/check.h"

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_here(const struct addr *addr)
{
    struct addr any_port = *addr;
    struct sockaddr_storage ss;
    socklen_t n;
    int fd, bad;

    any_port.port = 0;
    n = (socklen_t)addr_to_sockaddr(&any_port, &ss);
    fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bad = bind(fd, (struct sockaddr *)&ss, n);
    close(fd);
    return !bad;
}

static void look_at_source(struct checkup *k, const char *check, const struct addr *addr, struct str whose,
                           struct str ehlo)
{
    char text[ADDR_TEXT_MAX];
    struct str what = arena_str(k->a, addr_host(addr, text));

    if (!is_here(addr))
        report_add(
            k->report, FINDING_WRONG, check, what,
            "is no address of this machine: letters of %.*s wait. Add it to the machine, or `restante domain set "
            "DOMAIN --source`, courier_source",
            STR_ARGS(whose));
    if (addr_is_public(addr) || addr_is_loopback(addr))
        checkup_reverse(k, check, addr, ehlo);
    else
        report_add(k->report, FINDING_NOTE, check, what,
                   "is a private address: whether the one that the world sees is %.*s can't be seen from here",
                   STR_ARGS(ehlo));
    if (addr_is_public(addr))
        checkup_lists(k, check, addr);
}

/* A name in EHLO leads back to where letters leave from: with no such address, to the server's own. */
static void look_at_ehlo(struct checkup *k, const char *check, const struct facts *f)
{
    if (str_ieq(f->ehlo, k->facts.host))
        return;
    if (checkup_look(k, f->ehlo, DNS_A)->n + checkup_look(k, f->ehlo, DNS_AAAA)->n == 0)
        report_add(k->report, FINDING_WRONG, check, f->ehlo,
                   "is said in EHLO and has no address in the DNS: many servers refuse such letters");
    for (size_t i = 0; !f->n_sources && i < k->n_outside; i++)
        checkup_reverse(k, check, &k->outside[i], f->ehlo);
}

static void look_at(struct checkup *k, const char *check, const struct facts *f, struct str whose)
{
    world_init(&k->world, k->a);
    for (size_t i = 0; i < f->n_sources; i++)
        look_at_source(k, check, &f->sources[i], whose, f->ehlo);
    look_at_ehlo(k, check, f);
}

enum st check_senders(struct checkup *k, const char *check)
{
    struct str words[] = {STR("domain"), STR("list")}, json;
    const json_t *domain;
    json_t *o;
    size_t i;

    look_at(k, check, &k->facts, STR("the server"));
    TRY(k->d->ask(k->d->arg, words, ARRAY_LEN(words), &json));
    o = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    json_array_foreach(json_object_get(o, "domains"), i, domain)
    {
        struct facts f = k->facts;

        if (facts_identity(k->a, domain, &f))
            look_at(k, check, &f, arena_str(k->a, str_z(json_string_value(json_object_get(domain, "domain")))));
    }
    json_decref(o);
    return ST_OK;
}

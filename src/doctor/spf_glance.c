#include "doctor/spf_glance.h"

/* Is each of the server's addresses in this network? */
static bool covers(struct str network, const struct spf_glance_facts *f)
{
    size_t slash = str_find(network, '/');
    struct addr addr;
    uint32_t bits;

    if (addr_parse(str_sub(network, 0, slash), 0, &addr) != ST_OK)
        return false;
    bits = addr.family == 4 ? 32 : 128;
    if (slash < network.n && str_u32(str_from(network, slash + 1), bits, &bits) != ST_OK)
        return false;
    for (size_t i = 0; i < f->n_addresses; i++)
        if (f->addresses[i].family == addr.family && addr_in(&f->addresses[i], &addr, bits))
            return true;
    return false;
}

static enum spf_glance of_mechanism(struct str m, const struct spf_glance_facts *f)
{
    size_t end = MIN(str_find(m, ':'), str_find(m, '/'));
    struct str name = str_sub(m, 0, end), of = end < m.n && m.p[end] == ':' ? str_from(m, end + 1) : f->name;

    if (str_ieq(name, STR("ip4")) || str_ieq(name, STR("ip6")))
        return covers(of, f) ? SPF_GLANCE_YES : SPF_GLANCE_NO;
    if (str_ieq(name, STR("mx")) && str_ieq(of, f->name))
        return f->mx_is_host ? SPF_GLANCE_YES : SPF_GLANCE_NO;
    if (str_ieq(name, STR("a")) && str_ieq(of, f->host))
        return SPF_GLANCE_YES;
    if (str_ieq(name, STR("a")) || str_ieq(name, STR("mx")) || str_ieq(name, STR("include")) ||
        str_ieq(name, STR("exists")) || str_ieq(name, STR("ptr")) || str_istarts(name, STR("redirect=")))
        return SPF_GLANCE_PERHAPS;
    return SPF_GLANCE_NO;
}

enum spf_glance spf_glance(struct str record, const struct spf_glance_facts *f)
{
    enum spf_glance found = SPF_GLANCE_NO;
    struct str word;

    while (str_split(&record, ' ', &word)) {
        bool is_pass = word.n && (word.p[0] == '+' || ascii_is_alpha(word.p[0]));
        struct str m = word.n && !ascii_is_alpha(word.p[0]) ? str_from(word, 1) : word;
        enum spf_glance one;

        if (str_ieq(m, STR("all")))
            return is_pass ? SPF_GLANCE_ANYBODY : found;
        if (!is_pass)
            continue;
        one = of_mechanism(m, f);
        if (one == SPF_GLANCE_YES || (one == SPF_GLANCE_PERHAPS && found == SPF_GLANCE_NO))
            found = one;
    }
    return found;
}

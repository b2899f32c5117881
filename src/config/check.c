/* What parsing alone can't see. Settings that miss each other come first; then files, directories
 * and users of this machine, as the calling process sees them. */
#include "config/dns_lists.h"
#include "config/field.h"

#include "base/must.h"
#include "base/retention.h"
#include "base/uidl_format.h"

#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct config_pos config_place(const struct settings *set, const char *name)
{
    const struct field *f = field_find(&fields_top, str_z(name));

    must(f != NULL);
    return set->places[f - fields_top.list];
}

static bool same_addr(const struct config_addr *a, const struct config_addr *b)
{
    return a->len == b->len && memcmp(&a->sa, &b->sa, a->len) == 0;
}

static bool share_addr(const struct config_listener *a, const struct config_listener *b)
{
    for (size_t i = 0; i < a->address.n; i++)
        for (size_t j = 0; j < b->address.n; j++)
            if (same_addr(&a->address.v[i], &b->address.v[j]))
                return true;
    return false;
}

static const char *unreadable(struct str path);

static void check_clients(const struct config_listener *l, struct config_errors *errors)
{
    bool logs_in = l->protocol == PROTOCOL_IMAP || l->protocol == PROTOCOL_POP3 || l->protocol == PROTOCOL_SUBMISSION;

    if (!l->client_ca.n && l->client_certificate == CLIENT_CERTIFICATE_REQUIRED)
        config_error_add(errors, l->at,
                         "listener %.*s requires certificates of clients, but nobody vouches for them: write client_ca "
                         "FILE, or leave client_certificate out",
                         STR_ARGS(l->name));
    if (!l->client_ca.n)
        return;
    if (!logs_in || l->security == SECURITY_NONE)
        config_error_add(
            errors, l->at,
            "listener %.*s has client_ca, but nobody logs in there under TLS: write it where the protocol is "
            "imap, pop3 or submission, and security starttls or tls",
            STR_ARGS(l->name));
    if (*unreadable(l->client_ca))
        config_error_add(errors, l->at, "client_ca %.*s: %s", STR_ARGS(l->client_ca), unreadable(l->client_ca));
}

/* RFC 2033 section 5: what speaks SMTP on the other end would take one answer for all. */
static void check_lmtp(const struct config_listener *l, struct config_errors *errors)
{
    for (size_t i = 0; l->protocol == PROTOCOL_LMTP && i < l->address.n; i++)
        if (ntohs(l->address.v[i].in.sin_port) == 25)
            config_error_add(errors, l->at,
                             "listener %.*s speaks LMTP on port 25, which is SMTP's: write another port, 24 perhaps",
                             STR_ARGS(l->name));
}

static void check_listeners(const struct settings *set, struct config_errors *errors)
{
    for (size_t i = 0; i < set->listener_count; i++) {
        const struct config_listener *l = &set->listeners[i];

        if (l->security != SECURITY_NONE && set->tls_count == 0)
            config_error_add(
                errors, l->at,
                "listener %.*s has security %s, but there is no certificate: write tls { certificate FILE  "
                "key FILE }, or security none",
                STR_ARGS(l->name), config_security_name(l->security));
        check_clients(l, errors);
        check_lmtp(l, errors);
        for (size_t j = 0; j < i; j++)
            if (share_addr(l, &set->listeners[j]))
                config_error_add(errors, l->at, "listeners %.*s and %.*s want the same address and port %u",
                                 STR_ARGS(set->listeners[j].name), STR_ARGS(l->name), l->port);
    }
}

/* Empty when the file can be read, else why not. */
static const char *unreadable(struct str path)
{
    struct stat sb;

    if (stat(path.p, &sb) < 0)
        return strerror(errno);
    if (!S_ISREG(sb.st_mode))
        return "not a file";
    return access(path.p, R_OK) < 0 ? strerror(errno) : "";
}

static void check_file(struct config_errors *errors, struct config_pos at, const char *what, struct str path)
{
    const char *why = unreadable(path);

    if (*why)
        config_error_add(errors, at, "%s %.*s: %s", what, STR_ARGS(path), why);
}

/* A directory that is not there is made at the start, so its nearest ancestor counts. */
static void check_dir(struct config_errors *errors, struct config_pos at, const char *what, struct str path)
{
    struct arena a = ARENA_INIT;
    char *p = arena_cstr(&a, path);
    struct stat sb;

    while (stat(p, &sb) < 0 && errno == ENOENT && strrchr(p, '/') > p)
        *strrchr(p, '/') = '\0';
    if (stat(p, &sb) < 0)
        config_error_add(errors, at, "%s %.*s: %s", what, STR_ARGS(path), strerror(errno));
    else if (!S_ISDIR(sb.st_mode))
        config_error_add(errors, at, "%s %.*s: %s is not a directory", what, STR_ARGS(path), p);
    else if (access(p, W_OK | X_OK) < 0)
        config_error_add(errors, at, "%s %.*s: may not write in %s", what, STR_ARGS(path), p);
    arena_fini(&a);
}

static void check_web(const struct settings *set, struct config_errors *errors)
{
    struct config_pos at = config_place(set, "web_well_known");
    struct str path = set->web_well_known;
    struct stat sb;

    if (path.n && stat(path.p, &sb) < 0)
        config_error_add(errors, at, "web_well_known %.*s: %s", STR_ARGS(path), strerror(errno));
    else if (path.n && !S_ISDIR(sb.st_mode))
        config_error_add(errors, at, "web_well_known %.*s: not a directory", STR_ARGS(path));
}

static void check_world(const struct settings *set, struct config_errors *errors)
{
    for (size_t i = 0; i < set->tls_count; i++) {
        check_file(errors, set->tls[i].at, "certificate", set->tls[i].certificate);
        check_file(errors, set->tls[i].at, "key", set->tls[i].key);
    }
    /* the defaults are where Debian's packages put them, which may be missing: what is done without them is said at the start */
    if (config_place(set, "tls_ca").line && set->tls_ca.n)
        check_file(errors, config_place(set, "tls_ca"), "tls_ca", set->tls_ca);
    check_dir(errors, config_place(set, "data"), "data", set->data);
    check_dir(errors, config_place(set, "run"), "run", set->run);
    check_web(set, errors);
    if (set->resolver_root_hints.n)
        check_file(errors, config_place(set, "resolver_root_hints"), "resolver_root_hints", set->resolver_root_hints);
    /* the default is where Debian's dns-root-data puts it; without it there is no DNSSEC, said at the start */
    if (config_place(set, "resolver_trust_anchor").line && set->resolver_trust_anchor.n)
        check_file(errors, config_place(set, "resolver_trust_anchor"), "resolver_trust_anchor",
                   set->resolver_trust_anchor);
}

static void check_relay(const struct settings *set, struct config_errors *errors)
{
    if (!set->relay_host.n)
        return;
    if (set->relay_security != SECURITY_NONE)
        check_file(errors, config_place(set, "relay_ca"), "relay_ca", set->relay_ca);
    if (!set->relay_user.n)
        return;
    if (set->relay_security == SECURITY_NONE)
        config_error_add(errors, config_place(set, "relay_user"),
                         "relay_user: a password is not sent without TLS: write relay_security starttls, or tls");
    if (!set->relay_password_file.n)
        config_error_add(errors, config_place(set, "relay_user"),
                         "relay_user has no password: write relay_password_file /etc/restante/relay-password");
    else
        check_file(errors, config_place(set, "relay_password_file"), "relay_password_file", set->relay_password_file);
}

static void check_oauth(const struct settings *set, struct config_errors *errors)
{
    struct str url = set->auth_oauth_introspection;

    if (!url.n)
        return;
    if (!str_istarts(url, STR("https://")))
        config_error_add(errors, config_place(set, "auth_oauth_introspection"),
                         "auth_oauth_introspection: tokens are sent there, so it begins with https://");
    if (!set->auth_oauth_audience.n && !set->auth_oauth_scope.n && !set->auth_oauth_any_token)
        config_error_add(
            errors, config_place(set, "auth_oauth_introspection"),
            "auth_oauth_introspection: with neither auth_oauth_audience nor auth_oauth_scope a token that any other "
            "service was given would open the mailbox: write auth_oauth_audience NAME, as the provider knows this "
            "server, or auth_oauth_any_token yes if you mean it");
    if (set->auth_oauth_secret_file.n)
        check_file(errors, config_place(set, "auth_oauth_secret_file"), "auth_oauth_secret_file",
                   set->auth_oauth_secret_file);
}

static void check_dns_lists(const struct settings *set, struct config_errors *errors)
{
    struct config_dns_list lists[CONFIG_DNS_LISTS_MAX];
    size_t n;

    if (config_dns_lists(set->smtp_dns_lists, lists, &n) != ST_OK)
        config_error_add(errors, config_place(set, "smtp_dns_lists"), "smtp_dns_lists: %s", err_get()->text);
}

static bool is_any(const struct config_addr *a)
{
    return a->sa.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr) : !a->in.sin_addr.s_addr;
}

/* `*` is both of the addresses that are none. */
static void check_source(const struct settings *set, struct config_errors *errors)
{
    const struct config_addrs *s = &set->courier_source;
    bool has[2] = {false, false};

    for (size_t i = 0; i < s->n; i++) {
        bool *of = &has[s->v[i].sa.sa_family == AF_INET6];

        if (is_any(&s->v[i]) || *of) {
            config_error_add(errors, config_place(set, "courier_source"),
                             "courier_source: write one IPv4 address of this machine, one IPv6 address, or both");
            return;
        }
        *of = true;
    }
}

/* RFC 3986 section 3: a scheme and something behind it. */
static bool is_uri(struct str s)
{
    size_t colon = str_find(s, ':');

    for (size_t i = 0; i < s.n; i++) {
        bool in_scheme = ascii_is_alnum(s.p[i]) || (i && strchr("+-.", s.p[i]));

        if (s.p[i] <= ' ' || s.p[i] > '~' || (i < colon && !in_scheme))
            return false;
    }
    return colon > 0 && colon + 1 < s.n && !ascii_is_digit(s.p[0]);
}

static void check_contact(const struct settings *set, struct config_errors *errors)
{
    if (set->admin_contact.n && !is_uri(set->admin_contact))
        config_error_add(errors, config_place(set, "admin_contact"),
                         "admin_contact is a URI: write mailto:help@example.org, or tel: or https:");
}

static void check_pop3(const struct settings *set, struct config_errors *errors)
{
    uint32_t retention;

    if (retention_parse(set->pop3_retention, false, &retention) != ST_OK)
        config_error_add(errors, config_place(set, "pop3_retention"), "pop3_retention: %s", err_get()->text);
    if (uidl_format_check(set->pop3_uidl_format, false) != ST_OK)
        config_error_add(errors, config_place(set, "pop3_uidl_format"), "pop3_uidl_format: %s", err_get()->text);
    if (!set->pop3_mailbox.n)
        config_error_add(errors, config_place(set, "pop3_mailbox"), "pop3_mailbox: write the name of a mailbox, INBOX");
}

/* Only root changes users. */
static void check_users(const struct settings *set, struct config_errors *errors)
{
    const struct {
        const char *name;
        struct str user;
    } rows[] = {
        {"user_keeper", set->user_keeper},   {"user_gate", set->user_gate},     {"user_box", set->user_box},
        {"user_courier", set->user_courier}, {"user_errand", set->user_errand}, {"user_resolver", set->user_resolver},
        {"user_control", set->user_control},
    };
    uint32_t uid;

    for (size_t i = 0; geteuid() == 0 && i < ARRAY_LEN(rows); i++)
        if (str_u32(rows[i].user, UINT32_MAX - 1, &uid) != ST_OK && !getpwnam(rows[i].user.p))
            config_error_add(errors, config_place(set, rows[i].name),
                             "%s: there is no user \"%.*s\" here: make it (systemd-sysusers, or adduser --system), or "
                             "write a name or number that is not used for anything else",
                             rows[i].name, STR_ARGS(rows[i].user));
}

enum st config_check(const struct settings *set, struct config_errors *errors)
{
    struct sockaddr_un sun;

    *errors = (struct config_errors){0};
    if (set->host_name.n == 0)
        config_error_add(errors, (struct config_pos){0}, "host_name is missing: write host_name mail.example.org");
    if (set->control_socket.n >= sizeof sun.sun_path)
        config_error_add(errors, config_place(set, "control_socket"),
                         "the path of the control socket has %zu bytes, %zu are the most: choose a shorter one",
                         set->control_socket.n, sizeof sun.sun_path - 1);
    check_listeners(set, errors);
    check_world(set, errors);
    check_relay(set, errors);
    check_oauth(set, errors);
    check_dns_lists(set, errors);
    check_source(set, errors);
    check_contact(set, errors);
    check_pop3(set, errors);
    check_users(set, errors);
    if (errors->n)
        return FAIL(ST_SYNTAX, "%.*s: %s", STR_ARGS(set->file), errors->list[0].text);
    return ST_OK;
}

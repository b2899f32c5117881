/* XCLIENT and XFORWARD (Postfix' XCLIENT_README, XFORWARD_README), for those whom the listener names for that; to others they are no commands. XCLIENT makes the session that of
 * another client, from the greeting on. LOGIN is not among its attributes: a login is a grant, which needs a password or a certificate. XFORWARD says where a letter came from, for the log alone. */
#include "net/addr.h"
#include "smtp/ext.h"
#include "smtp/stranger.h"
#include "smtp/xattr.h"

#include <stdio.h>

enum origin { ORIGIN_NAME, ORIGIN_ADDR, ORIGIN_PORT, ORIGIN_PROTO, ORIGIN_HELO, ORIGIN_IDENT, ORIGIN_SOURCE, ORIGINS };

struct smtp_origins {
    char text[ORIGINS][SMTP_XATTR_MAX + 1];
    char line[ORIGINS * (SMTP_XATTR_MAX + 10)];
    char client_name[SMTP_XATTR_MAX + 1]; /* of XCLIENT */
};

void smtp_origins_free(struct smtp_origins *o)
{
    mem_free(o);
}

static struct smtp_origins *origins(struct smtp_session *s)
{
    if (!s->origins)
        s->origins = MEM_NEW(struct smtp_origins);
    return s->origins;
}

/* --- values -------------------------------------------------------------------------------------------------------- */

static bool is_host(struct str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (strchr("()<>,;\"\\", v.p[i]))
            return false;
    return true;
}

static bool is_address(struct str v, struct addr *out)
{
    bool is_six = str_istarts(v, STR("IPV6:"));
    struct str bare = is_six ? str_from(v, 5) : v;

    return str_find(bare, '[') == bare.n && addr_parse(bare, 0, out) == ST_OK &&
           is_six == (str_find(bare, ':') < bare.n);
}

static bool is_port(struct str v, uint16_t *out)
{
    uint32_t port;

    if (str_u32(v, 65535, &port) != ST_OK)
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool is_protocol(struct str v)
{
    return str_ieq(v, STR("SMTP")) || str_ieq(v, STR("ESMTP"));
}

/* --- XCLIENT ------------------------------------------------------------------------------------------------------- */

struct client {
    struct addr addr, to; /* family 0: not said */
    uint16_t port, to_port;
    struct str name, helo, protocol;
    bool has_name;
};

/* What is not known changes nothing, but for the name. */
static bool take_client(const struct smtp_xattr *x, struct client *out)
{
    bool is_known = x->value.p != NULL;

    if (str_ieq(x->name, STR("NAME"))) {
        out->has_name = true;
        out->name = x->value;
        return !is_known || is_host(x->value);
    }
    if (str_ieq(x->name, STR("ADDR")))
        return !is_known || is_address(x->value, &out->addr);
    if (str_ieq(x->name, STR("PORT")))
        return !is_known || is_port(x->value, &out->port);
    if (str_ieq(x->name, STR("HELO"))) {
        out->helo = x->value;
        return !is_known || is_host(x->value);
    }
    if (str_ieq(x->name, STR("PROTO"))) {
        out->protocol = x->value;
        return !is_known || is_protocol(x->value);
    }
    if (str_ieq(x->name, STR("DESTADDR")))
        return !is_known || is_address(x->value, &out->to);
    return str_ieq(x->name, STR("DESTPORT")) && (!is_known || is_port(x->value, &out->to_port));
}

/* Nothing that the one before has said, or got wrong, is this one's. */
static void begin_anew(struct smtp_session *s)
{
    smtp_session_forget(s);
    wipe(&s->user, sizeof s->user);
    s->user = (struct smtp_auth_result){0};
    s->authenticated = s->by_network = s->tried_auth = false;
    s->errors = s->auth_tries = 0;
    s->unknown_rcpts = s->mails = 0;
    s->log.user = STR_NONE;
}

static enum st become(struct smtp_session *s, const struct client *c) SUSPENDS
{
    struct smtp_auth_result user = {0};
    bool is_stranger = s->stranger != NULL;
    char host[ADDR_TEXT_MAX];

    if (c->addr.family) {
        enum st st = s->setup.ops->become(s->setup.arg, addr_host(&c->addr, host), c->port, &s->setup.peer_text,
                                          &s->setup.peer_address, &user, &is_stranger);

        s->log.peer = s->setup.peer_text;
        TRY(st);
    }
    if (is_stranger && !s->stranger)
        s->stranger = ARENA_NEW(&s->arena, struct smtp_stranger);
    if (s->stranger)
        *s->stranger = (struct smtp_stranger){.waited = true};
    s->stranger = is_stranger ? s->stranger : NULL;
    begin_anew(s);
    if (c->has_name) {
        struct smtp_origins *o = origins(s);
        int n = snprintf(o->client_name, sizeof o->client_name, "%.*s", STR_ARGS(c->name));

        s->setup.peer_name = str_n(o->client_name, (size_t)n);
    }
    if (user.account) {
        s->user = user;
        s->authenticated = s->by_network = true;
        s->log.user = user.login;
    }
    wipe(&user, sizeof user);
    LOG(SMTP_CLIENT_NAMED, lf_str("name", c->name), lf_str("helo", c->helo), lf_str("protocol", c->protocol));
    return ST_OK;
}

enum st smtp_cmd_xclient(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct smtp_xattr list[SMTP_XATTRS_MAX];
    struct client client = {0};
    struct arena a = ARENA_INIT;
    size_t n, i = 0;
    enum st st;

    if (s->txn.open)
        return smtp_refuse(s, SMTP_X_IN_MAIL, STR(""));
    st = smtp_xattrs_parse(c->args, &a, list, &n);
    if (st == ST_OK)
        while (i < n && take_client(&list[i], &client))
            i++;
    if (st != ST_OK || i < n)
        st = smtp_refuse(s, SMTP_BAD_ATTRIBUTE, st != ST_OK ? str_z(err_get()->text) : list[i].name);
    else if ((st = become(s, &client)) == ST_OK)
        st = smtp_session_greet(s);
    else if (st != ST_CANCELED) {
        smtp_session_end(s, st, "a client that could not be taken on");
        st = st == ST_LIMIT || st == ST_DENIED
                 ? smtp_reply_arg(s, SMTP_TURNED_AWAY, arena_str(&a, str_z(err_get()->text)))
                 : smtp_reply_arg(s, SMTP_SHUTDOWN, s->set->host_name);
    }
    arena_fini(&a);
    return st;
}

/* --- XFORWARD ------------------------------------------------------------------------------------------------------ */

static const struct {
    enum origin id;
    const char *name;
} names[] = {{ORIGIN_NAME, "NAME"}, {ORIGIN_ADDR, "ADDR"},   {ORIGIN_PORT, "PORT"},    {ORIGIN_PROTO, "PROTO"},
             {ORIGIN_HELO, "HELO"}, {ORIGIN_IDENT, "IDENT"}, {ORIGIN_SOURCE, "SOURCE"}};

static bool is_origin(enum origin id, struct str v)
{
    struct addr addr;
    uint16_t port;

    switch (id) {
    case ORIGIN_ADDR: return is_address(v, &addr);
    case ORIGIN_PORT: return is_port(v, &port);
    case ORIGIN_PROTO: return is_protocol(v);
    case ORIGIN_SOURCE: return str_ieq(v, STR("LOCAL")) || str_ieq(v, STR("REMOTE"));
    default: return true;
    }
}

static size_t origin_of(const struct smtp_xattr *x)
{
    size_t i = 0;

    while (i < ORIGINS && !str_ieq(x->name, str_z(names[i].name)))
        i++;
    return i < ORIGINS && x->value.p && !is_origin(names[i].id, x->value) ? ORIGINS : i;
}

enum st smtp_cmd_xforward(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct smtp_xattr list[SMTP_XATTRS_MAX];
    struct arena a = ARENA_INIT;
    size_t n, i = 0;
    enum st st;

    if (s->txn.open)
        return smtp_refuse(s, SMTP_X_IN_MAIL, STR(""));
    st = smtp_xattrs_parse(c->args, &a, list, &n);
    while (st == ST_OK && i < n && origin_of(&list[i]) < ORIGINS)
        i++;
    if (st != ST_OK || i < n) {
        st = smtp_refuse(s, SMTP_BAD_ATTRIBUTE, st != ST_OK ? str_z(err_get()->text) : list[i].name);
    } else {
        for (i = 0; i < n; i++)
            snprintf(origins(s)->text[names[origin_of(&list[i])].id], SMTP_XATTR_MAX + 1, "%.*s",
                     STR_ARGS(list[i].value));
        st = smtp_reply(s, SMTP_OK);
    }
    arena_fini(&a);
    return st;
}

void smtp_origins_forget(struct smtp_session *s)
{
    if (s->origins)
        memset(s->origins->text, 0, sizeof s->origins->text);
}

struct str smtp_origin_text(const struct smtp_session *s)
{
    struct smtp_origins *o = s->origins;
    size_t n = 0;

    for (size_t i = 0; o && i < ORIGINS; i++)
        if (o->text[i][0])
            n += (size_t)snprintf(o->line + n, sizeof o->line - n, "%s%s=%s", n ? " " : "", names[i].name, o->text[i]);
    return o ? str_n(o->line, n) : STR("");
}

/* --- in EHLO ------------------------------------------------------------------------------------------------------- */

static bool offers_client(const struct smtp_session *s)
{
    return s->setup.may_xclient;
}

static void client_args(const struct smtp_session *s, struct buf *out)
{
    (void)s;
    buf_addz(out, " NAME ADDR PORT PROTO HELO DESTADDR DESTPORT");
}

static bool offers_forward(const struct smtp_session *s)
{
    return s->setup.may_xforward;
}

static void forward_args(const struct smtp_session *s, struct buf *out)
{
    (void)s;
    for (size_t i = 0; i < ORIGINS; i++)
        buf_addf(out, " %s", names[i].name);
}

const struct smtp_ext smtp_ext_xclient = {.keyword = "XCLIENT", .offered = offers_client, .args = client_args};
const struct smtp_ext smtp_ext_xforward = {.keyword = "XFORWARD", .offered = offers_forward, .args = forward_args};

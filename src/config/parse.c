/* From text to snapshot. A statement is a name and a value, or a block:
 *
 *   statement = NAME VALUE | KIND [NAME] "{" { NAME VALUE } "}" | PREFIX "{" { NAME VALUE } "}"
 *
 * Errors are collected and reading goes on at the next statement. */
#include "base/limits.h"
#include "base/must.h"
#include "config/field.h"
#include "config/lex.h"
#include "config/nearest.h"
#include "config/snapshot.h"

#define BLOCKS_MAX 256 /* of one kind */

struct parser {
    struct lex lex;
    struct lex_token tok; /* the one that comes next */
    struct settings *set;
    struct config_errors *errors;
    struct config_pos *places; /* of the rows of settings.def */
    struct config_listener *listeners;
    struct config_tls *tls;
    struct config_zone *zones;
    struct config_trusted *trusted;
};

/* Where the names of a run of statements are looked up, and where their values go. */
struct scope {
    const struct field_table *table;
    struct str prefix; /* "smtp_" inside of smtp { } */
    void *base;
    struct config_pos *places;
    bool top; /* outside of any block */
};

static const struct port_row {
    const char *name;
    enum config_protocol protocol;
    enum config_security security;
    uint16_t port;
    enum { LISTEN, LISTEN_IF_FREE, LISTEN_IF_NAMED } use;
} ports[] = {
#define PORT(name, protocol, security, port, use) {name, protocol, security, port, use},
#include "config/ports.def"
#undef PORT
};

static void advance(struct parser *p)
{
    p->tok = lex_next(&p->lex);
    if (p->tok.kind == LEX_BAD)
        config_error_add(p->errors, p->tok.at, "%.*s", STR_ARGS(p->tok.word));
}

static size_t error_count(const struct parser *p)
{
    return p->errors->n + p->errors->more;
}

static int clip(struct str s)
{
    return (int)MIN(s.n, (size_t)60);
}

/* Behind the whole block whose opening brace comes next, inner ones included. */
static void skip_block(struct parser *p)
{
    unsigned depth = 0;

    do {
        depth += p->tok.kind == LEX_OPEN;
        depth -= p->tok.kind == LEX_CLOSE;
        advance(p);
    } while (depth > 0 && p->tok.kind != LEX_END);
}

/* What belongs to a name that can't be used: its value, a block. */
static void skip_value(struct parser *p, uint32_t line)
{
    if ((p->tok.kind == LEX_WORD || p->tok.kind == LEX_BAD) && p->tok.at.line == line)
        advance(p);
    if (p->tok.kind == LEX_OPEN)
        skip_block(p);
}

static void unknown_name(struct parser *p, const struct scope *s, const struct lex_token *name)
{
    const struct field *near = field_nearest(s->table, s->prefix, name->word);
    struct str outside = arena_printf(&p->set->arena, "%s_%.*s", s->table->name, STR_ARGS(name->word));
    struct str what = s->top ? STR("setting") : STR("setting of this block");

    if (!s->top && field_find(&fields_top, outside))
        config_error_add(p->errors, name->at, "\"%.*s\" is not a %.*s: write %.*s outside of it", clip(name->word),
                         name->word.p, STR_ARGS(what), STR_ARGS(outside));
    else if (near)
        config_error_add(p->errors, name->at, "\"%.*s\" is not a %.*s: did you mean %s?", clip(name->word),
                         name->word.p, STR_ARGS(what), near->name + s->prefix.n);
    else
        config_error_add(p->errors, name->at, "\"%.*s\" is not a %.*s: docs/settings.md lists them", clip(name->word),
                         name->word.p, STR_ARGS(what));
}

static void set_value(struct parser *p, const struct scope *s, const struct field *f, const struct lex_token *value)
{
    struct config_pos *place = &s->places[f - s->table->list];
    enum st st;

    if (place->line && !field_is_list(f)) {
        config_error_add(p->errors, value->at, "%s is set already in line %u: keep one of the two", f->name,
                         place->line);
        return;
    }
    st = place->line ? field_append(&p->set->arena, f, value->word, s->base)
                     : field_parse(&p->set->arena, f, value->word, s->base);
    if (st != ST_OK)
        config_error_add(p->errors, value->at, "%s", err_get()->text);
    *place = value->at;
}

/* The name has been read. */
static void parse_setting(struct parser *p, const struct scope *s, const struct lex_token *name)
{
    struct str full = arena_printf(&p->set->arena, "%.*s%.*s", STR_ARGS(s->prefix), STR_ARGS(name->word));
    const struct field *f = field_find(s->table, full);

    if (!f) {
        unknown_name(p, s, name);
        skip_value(p, name->at.line);
        return;
    }
    if (p->tok.kind == LEX_BAD) {
        skip_value(p, name->at.line);
        return;
    }
    if (p->tok.kind != LEX_WORD || p->tok.at.line != name->at.line) {
        config_error_add(p->errors, name->at, "%s has no value: write %s behind it, on the same line", f->name,
                         field_kind_text(f->kind));
        if (p->tok.kind == LEX_OPEN)
            skip_block(p);
        return;
    }
    set_value(p, s, f, &p->tok);
    advance(p);
}

static bool is_prefix(struct parser *p, struct str word, struct str *out_prefix)
{
    struct str prefix = arena_printf(&p->set->arena, "%.*s_", STR_ARGS(word));

    for (size_t i = 0; i < fields_top.n; i++) {
        if (str_starts(str_z(fields_top.list[i].name), prefix)) {
            *out_prefix = prefix;
            return true;
        }
    }
    return false;
}

/* The statements between braces; the opening one comes next. */
static void parse_braces(struct parser *p, const struct scope *s, struct config_pos opened)
{
    advance(p);
    while (p->tok.kind != LEX_CLOSE) {
        struct lex_token name = p->tok;

        if (name.kind == LEX_END) {
            config_error_add(p->errors, opened, "this block has no closing brace: write } at its end");
            return;
        }
        if (name.kind == LEX_OPEN) {
            config_error_add(p->errors, name.at, "a { without a name before it");
            skip_block(p);
            continue;
        }
        advance(p);
        if (name.kind == LEX_WORD)
            parse_setting(p, s, &name);
    }
    advance(p);
}

static const struct port_row *standard_port(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        if (str_eq(str_z(ports[i].name), name))
            return &ports[i];
    return NULL;
}

/* Those of the web have no way to begin TLS later. */
static bool has_starttls(enum config_protocol protocol)
{
    return protocol != PROTOCOL_HTTP && protocol != PROTOCOL_METRICS;
}

/* The port that goes with a protocol; one that speaks plain text stands where STARTTLS would. */
static uint32_t port_of(enum config_protocol protocol, enum config_security security)
{
    if (security == SECURITY_NONE && has_starttls(protocol))
        security = SECURITY_STARTTLS;
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        if (ports[i].protocol == protocol && ports[i].security == security)
            return ports[i].port;
    return 0;
}

static void put_port(struct arena *a, struct config_listener *l)
{
    struct config_addr *v = ARENA_ARRAY(a, struct config_addr, l->address.n);

    for (size_t i = 0; i < l->address.n; i++) {
        v[i] = l->address.v[i];
        if (v[i].sa.sa_family == AF_INET)
            v[i].in.sin_port = htons((uint16_t)l->port);
        else
            v[i].in6.sin6_port = htons((uint16_t)l->port);
    }
    l->address.v = v;
}

static bool has_listener(const struct parser *p, struct str name)
{
    for (size_t i = 0; i < p->set->listener_count; i++)
        if (str_eq(p->listeners[i].name, name))
            return true;
    return false;
}

static const struct config_pos *place_of(const struct config_pos *places, const struct field_table *t, const char *name)
{
    const struct field *f = field_find(t, str_z(name));

    must(f != NULL);
    return &places[f - t->list];
}

/* What a listener of the web has that does not say otherwise. */
static void web_defaults(struct parser *p, struct config_listener *l, const struct config_pos *places)
{
    if (has_starttls(l->protocol))
        return;
    if (!place_of(places, &fields_listener, "security")->line && l->security == SECURITY_STARTTLS)
        l->security = SECURITY_NONE;
    if (l->security == SECURITY_STARTTLS) {
        config_error_add(p->errors, l->at, "%s has no STARTTLS: write security tls, or security none",
                         config_protocol_name(l->protocol));
        l->security = SECURITY_NONE;
    }
}

/* What is not for strangers listens on this machine unless it is told otherwise. */
static void address_default(struct parser *p, struct config_listener *l, const struct config_pos *places)
{
    const struct field *f = field_find(&fields_listener, STR("address"));

    if ((l->protocol == PROTOCOL_METRICS || l->protocol == PROTOCOL_LMTP) &&
        !place_of(places, &fields_listener, "address")->line)
        must(field_parse(&p->set->arena, f, STR("127.0.0.1"), l) == ST_OK);
}

static void finish_listener(struct parser *p, struct config_listener *l, const struct config_pos *places,
                            size_t errors_before)
{
    web_defaults(p, l, places);
    address_default(p, l, places);
    if (l->name.n == 0)
        l->name = arena_printf(&p->set->arena, "listener-%zu", p->set->listener_count + 1);
    if (has_listener(p, l->name))
        config_error_add(p->errors, l->at, "there are two listeners named %.*s: give them different names",
                         clip(l->name), l->name.p);
    if (!standard_port(l->name) && !place_of(places, &fields_listener, "protocol")->line)
        config_error_add(p->errors, l->at,
                         "this listener has no protocol: write protocol smtp, submission, imap, pop3, http or metrics");
    if (l->address.n == 0 && error_count(p) == errors_before)
        config_error_add(p->errors, l->at, "this listener has no address: write address * for all of them");
    if (l->port == 0)
        l->port = port_of(l->protocol, l->security);
    if (l->port == 0)
        config_error_add(p->errors, l->at, "%s with %s has no standard port: write port NUMBER",
                         config_protocol_name(l->protocol), config_security_name(l->security));
    put_port(&p->set->arena, l);
    p->set->listener_count++;
}

static void init_listener(struct parser *p, struct config_listener *l, struct str name)
{
    const struct port_row *row = standard_port(name);

    field_defaults(&p->set->arena, &fields_listener, l);
    l->name = name;
    if (row) {
        l->protocol = row->protocol;
        l->security = row->security;
        l->required = row->use != LISTEN_IF_FREE;
    }
}

static void parse_listener(struct parser *p, const struct lex_token *kind, struct str name)
{
    struct config_listener *l = &p->listeners[p->set->listener_count];
    struct config_pos places[FIELDS_MAX] = {0};
    size_t errors_before = error_count(p);

    init_listener(p, l, name);
    l->at = kind->at;
    parse_braces(p, &(struct scope){&fields_listener, STR_NONE, l, places, false}, kind->at);
    finish_listener(p, l, places, errors_before);
}

static void parse_tls(struct parser *p, const struct lex_token *kind, struct str name)
{
    struct config_tls *t = &p->tls[p->set->tls_count++];
    struct config_pos places[FIELDS_MAX] = {0};

    if (name.n)
        config_error_add(p->errors, kind->at, "a tls block has no name: write tls { certificate FILE  key FILE }");
    field_defaults(&p->set->arena, &fields_tls, t);
    t->at = kind->at;
    parse_braces(p, &(struct scope){&fields_tls, STR_NONE, t, places, false}, kind->at);
    for (size_t i = 0; i < fields_tls.n; i++)
        if (!places[i].line)
            config_error_add(p->errors, kind->at, "this tls block has no %s: write %s FILE", fields_tls.list[i].name,
                             fields_tls.list[i].name);
}

static void parse_zone(struct parser *p, const struct lex_token *kind, struct str name)
{
    struct config_zone *z = &p->zones[p->set->zone_count++];
    size_t errors_before = error_count(p);
    struct config_pos places[FIELDS_MAX] = {0};

    if (name.n == 0)
        config_error_add(p->errors, kind->at,
                         "a dns_zone block needs the name of its zone: dns_zone example.test { ... }");
    field_defaults(&p->set->arena, &fields_zone, z);
    z->name = name;
    z->at = kind->at;
    parse_braces(p, &(struct scope){&fields_zone, STR_NONE, z, places, false}, kind->at);
    if (z->server.n == 0 && error_count(p) == errors_before)
        config_error_add(p->errors, kind->at,
                         "this dns_zone has no server: write server ADDRESS or server ADDRESS@PORT");
}

static void parse_trusted(struct parser *p, const struct lex_token *kind, struct str name)
{
    struct config_trusted *t = &p->trusted[p->set->trusted_count++];
    size_t errors_before = error_count(p);
    struct config_pos places[FIELDS_MAX] = {0};

    field_defaults(&p->set->arena, &fields_trusted, t);
    t->name = name.n ? name : arena_printf(&p->set->arena, "network-%zu", p->set->trusted_count);
    t->at = kind->at;
    parse_braces(p, &(struct scope){&fields_trusted, STR_NONE, t, places, false}, kind->at);
    if (error_count(p) > errors_before)
        return;
    if (t->network.n == 0)
        config_error_add(p->errors, kind->at, "this trusted_network has no network: write network 192.0.2.0/24");
    if (str_find(t->account, '@') == t->account.n)
        config_error_add(p->errors, kind->at,
                         "this trusted_network has no account: write account printers@example.org, an account of this "
                         "server that its letters count as");
    for (size_t i = 0; i < t->network.n; i++)
        if (t->network.v[i].bits == 0)
            config_error_add(
                p->errors, kind->at,
                "a trusted_network of everybody would be an open relay: write the networks that are yours");
}

static const struct block_kind {
    const char *name;
    void (*parse)(struct parser *p, const struct lex_token *kind, struct str name);
    size_t count; /* where in struct settings the number of them is */
} block_kinds[] = {
    {"listener", parse_listener, offsetof(struct settings, listener_count)},
    {"tls", parse_tls, offsetof(struct settings, tls_count)},
    {"dns_zone", parse_zone, offsetof(struct settings, zone_count)},
    {"trusted_network", parse_trusted, offsetof(struct settings, trusted_count)},
};

static const struct block_kind *block_kind(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(block_kinds); i++)
        if (str_eq(str_z(block_kinds[i].name), word))
            return &block_kinds[i];
    return NULL;
}

/* The word `listener` and its like have been read. */
static void parse_block(struct parser *p, const struct block_kind *b, const struct lex_token *kind)
{
    const size_t *count = (const void *)((const char *)p->set + b->count);
    struct str name = STR_NONE;

    if (p->tok.kind == LEX_WORD) {
        name = arena_str(&p->set->arena, p->tok.word);
        advance(p);
    }
    if (p->tok.kind != LEX_OPEN) {
        config_error_add(p->errors, kind->at, "%s begins a block: write %s%s { ... }", b->name, b->name,
                         b->parse == parse_tls ? "" : " NAME");
        skip_value(p, kind->at.line);
        return;
    }
    if (*count >= BLOCKS_MAX) {
        config_error_add(p->errors, kind->at, "there are more than %d %s blocks", BLOCKS_MAX, b->name);
        skip_block(p);
        return;
    }
    b->parse(p, kind, name);
}

static void parse_top(struct parser *p)
{
    struct scope top = {&fields_top, STR_NONE, p->set, p->places, true};

    while (p->tok.kind != LEX_END) {
        struct lex_token t = p->tok;
        const struct block_kind *b;
        struct scope inner = top;

        inner.top = false;
        advance(p);
        if (t.kind == LEX_BAD)
            continue;
        if (t.kind == LEX_CLOSE || t.kind == LEX_OPEN)
            config_error_add(p->errors, t.at, "a %s that belongs to nothing: remove it, or name its block",
                             t.kind == LEX_CLOSE ? "}" : "{");
        else if ((b = block_kind(t.word)))
            parse_block(p, b, &t);
        else if (p->tok.kind == LEX_OPEN && is_prefix(p, t.word, &inner.prefix))
            parse_braces(p, &inner, t.at);
        else
            parse_setting(p, &top, &t);
    }
}

/* Where the file names no listener, one for figures aside: the standard ports on all addresses. */
static void default_listeners(struct parser *p)
{
    struct config_pos places[FIELDS_MAX] = {0};

    for (size_t i = 0; i < p->set->listener_count; i++)
        if (p->listeners[i].protocol != PROTOCOL_METRICS)
            return;
    for (size_t i = 0; i < ARRAY_LEN(ports) && p->set->listener_count < BLOCKS_MAX; i++) {
        struct config_listener *l = &p->listeners[p->set->listener_count];

        if (ports[i].use == LISTEN_IF_NAMED)
            continue;
        init_listener(p, l, str_z(ports[i].name));
        finish_listener(p, l, places, error_count(p));
    }
}

static struct parser parser_new(struct settings *set, struct str text, const char *file, struct config_errors *errors)
{
    struct parser p = {.set = set, .errors = errors};

    *errors = (struct config_errors){0};
    set->file = arena_str(&set->arena, str_z(file));
    field_defaults(&set->arena, &fields_top, set);
    p.places = ARENA_ARRAY(&set->arena, struct config_pos, fields_top.n);
    p.listeners = ARENA_ARRAY(&set->arena, struct config_listener, BLOCKS_MAX);
    p.tls = ARENA_ARRAY(&set->arena, struct config_tls, BLOCKS_MAX);
    p.zones = ARENA_ARRAY(&set->arena, struct config_zone, BLOCKS_MAX);
    p.trusted = ARENA_ARRAY(&set->arena, struct config_trusted, BLOCKS_MAX);
    set->places = p.places;
    set->listeners = p.listeners;
    set->tls = p.tls;
    set->zones = p.zones;
    set->trusted = p.trusted;
    lex_init(&p.lex, &set->arena, text);
    return p;
}

enum st config_parse(struct str text, const char *file, const struct settings **out, struct config_errors *errors)
{
    struct settings *set = settings_new();
    struct parser p = parser_new(set, text, file, errors);

    if (text.n > LIMIT_CONFIG) {
        config_error_add(errors, (struct config_pos){0}, "the file is larger than %d bytes", LIMIT_CONFIG);
    } else {
        advance(&p);
        parse_top(&p);
    }
    default_listeners(&p);
    if (set->control_socket.n == 0)
        set->control_socket = arena_printf(&set->arena, "%.*s/control", STR_ARGS(set->run));
    if (errors->n) {
        config_unref(set);
        return FAIL(ST_SYNTAX, "%s: %zu mistakes, the first in line %u: %s", file, errors->n + errors->more,
                    errors->list[0].at.line, errors->list[0].text);
    }
    *out = set;
    return ST_OK;
}

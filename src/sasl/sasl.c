/* The table of mechanisms, and what all of them share: counting steps, decoding lines, wiping. */
#include "sasl/sasl.h"

#include "base/codec.h"
#include "base/limits.h"
#include "co/co.h"
#include "sasl/steps.h"

static const struct sasl_mechanism mechanisms[] = {
#define SASL_MECHANISM(name_, step_, flags_, reference) {.name = name_, .step = step_, .flags = flags_},
#define SASL_KEPT(name_, flags_, reference) {.name = name_, .flags = flags_},
#include "sasl/mechanisms.def"
#undef SASL_KEPT
#undef SASL_MECHANISM
};

const struct sasl_mechanism *sasl_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
        if (str_ieq(name, str_z(mechanisms[i].name)))
            return &mechanisms[i];
    return NULL;
}

void sasl_offer(struct buf *out, unsigned have)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
        if (!(mechanisms[i].flags & ~have)) {
            buf_addc(out, ' ');
            buf_addz(out, mechanisms[i].name);
        }
}

enum st sasl_begin(struct sasl *x, struct arena *a, struct str name, unsigned have)
{
    const struct sasl_mechanism *m = sasl_find(name);

    if (!m || (m->flags & ~have))
        return FAIL(ST_NOTFOUND, "no such authentication mechanism");
    *x = (struct sasl){.mechanism = m, .arena = a};
    return ST_OK;
}

enum st sasl_step(struct sasl *x, const struct str *response, struct sasl_todo *out)
{
    if (++x->steps > SASL_STEPS_MAX)
        return FAIL(ST_LIMIT, "the authentication exchange takes too many steps");
    return x->mechanism->step(x, response, out);
}

static enum st run_here(struct sasl *x, const struct str *initial, struct sasl_driver *d) SUSPENDS
{
    const struct str *response = initial;
    struct sasl_todo todo;
    struct str raw;
    enum st st;

    for (unsigned i = 0; i < SASL_STEPS_MAX; i++) {
        TRY(sasl_step(x, response, &todo));
        if (todo.kind == SASL_VERIFY) {
            d->user = todo.credentials.user;
            st = d->show(d->arg, &todo.credentials);
            d->was_refused = st != ST_OK;
            sasl_wipe(&todo.credentials);
            return st;
        }
        TRY(d->ask(d->arg, todo.challenge, &raw));
        response = &raw;
    }
    return FAIL(ST_SYNTAX, "an exchange without an end");
}

/* The last words of a mechanism that failed: whatever the client says to them, it is refused. */
static enum st say_why(struct sasl_driver *d, struct str why, enum st st) SUSPENDS
{
    struct err kept = *err_get();
    struct str raw;
    enum st asked = d->ask(d->arg, why, &raw);

    if (asked != ST_OK && asked != ST_CANCELED && asked != ST_SYNTAX)
        return asked;
    if (asked == ST_CANCELED && co_is_canceled())
        return asked;
    *err_get() = kept;
    d->was_refused = true;
    return st;
}

/* None of the protocols has a place for data beside its success: the last message is a challenge, and its answer is empty
 * (RFC 4954 section 4, RFC 5034 section 4, RFC 9051 section 6.2.2). */
static enum st say_success(struct sasl_driver *d, struct str last) SUSPENDS
{
    struct str raw;

    TRY(d->ask(d->arg, last, &raw));
    return raw.n ? FAIL(ST_SYNTAX, "nothing more was to be said") : ST_OK;
}

/* The keeper keeps keys for an exchange that goes on. */
static enum st forget(struct sasl *x, struct sasl_driver *d, enum st st) SUSPENDS
{
    const struct sasl_message gone = {.is_gone = true};
    struct err kept = *err_get();
    struct sasl_reply reply;

    IGNORE(d->pass(d->arg, x->arena, &gone, &reply));
    *err_get() = kept;
    return st;
}

static enum st run_there(struct sasl *x, const struct str *initial, struct sasl_driver *d) SUSPENDS
{
    struct sasl_message m = {.mechanism = str_z(x->mechanism->name), .is_first = true};
    enum st st;

    if (initial)
        m.response = *initial;
    else
        TRY(d->ask(d->arg, STR(""), &m.response));
    if (m.response.n > SASL_MESSAGE_MAX)
        return FAIL(ST_LIMIT, "the message is too long");
    for (unsigned i = 0; i < SASL_STEPS_MAX; i++) {
        struct sasl_reply reply = {0};

        st = d->pass(d->arg, x->arena, &m, &reply);
        d->user = reply.user.n ? reply.user : d->user;
        if (st != ST_OK && reply.challenge.n)
            return say_why(d, reply.challenge, st);
        if (st != ST_OK || !reply.more) {
            d->was_refused = st != ST_OK;
            d->was_granted = st == ST_OK;
            return st == ST_OK && reply.challenge.n ? say_success(d, reply.challenge) : st;
        }
        m.is_first = false;
        st = d->ask(d->arg, reply.challenge, &m.response);
        if (st == ST_OK && m.response.n > SASL_MESSAGE_MAX)
            st = FAIL(ST_LIMIT, "the message is too long");
        if (st != ST_OK)
            return forget(x, d, st);
    }
    return forget(x, d, FAIL(ST_SYNTAX, "an exchange without an end"));
}

enum st sasl_run(struct sasl *x, const struct str *initial, struct sasl_driver *d)
{
    d->was_refused = d->was_granted = false;
    return x->mechanism->step ? run_here(x, initial, d) : run_there(x, initial, d);
}

void sasl_put_challenge(struct buf *out, const char *prefix, struct str challenge)
{
    buf_addz(out, prefix);
    base64_encode(out, challenge);
    buf_addz(out, "\r\n");
}

enum st sasl_decode(struct arena *a, struct str line, bool is_initial, struct str *out_raw)
{
    if (line.n > LIMIT_SASL_LINE)
        return FAIL(ST_LIMIT, "the authentication line is too long");
    if (!is_initial && str_eq(line, STR("*")))
        return FAIL(ST_CANCELED, "the client has given up authenticating");
    if (is_initial && str_eq(line, STR("="))) {
        *out_raw = STR("");
        return ST_OK;
    }
    if (base64_decode(a, line, out_raw) != ST_OK)
        return FAIL(ST_SYNTAX, "the authentication line is no base64");
    return ST_OK;
}

void sasl_wipe(struct sasl_credentials *c)
{
    if (c->password.n)
        wipe((void *)(uintptr_t)c->password.p, c->password.n);
    c->password = (struct secret){NULL, 0};
}

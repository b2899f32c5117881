/* The table of mechanisms, and what all of them share: counting steps, decoding lines, wiping. */
#include "sasl/sasl.h"

#include "base/codec.h"
#include "base/limits.h"
#include "sasl/steps.h"

static const struct sasl_mechanism mechanisms[] = {
#define SASL_MECHANISM(name_, step_, flags_, reference) {.name = name_, .step = step_, .flags = flags_},
#include "sasl/mechanisms.def"
#undef SASL_MECHANISM
};

const struct sasl_mechanism *sasl_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
        if (str_ieq(name, str_z(mechanisms[i].name)))
            return &mechanisms[i];
    return NULL;
}

void sasl_offer(struct buf *out, bool clear_allowed)
{
    for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
        if (clear_allowed || !(mechanisms[i].flags & SASL_CLEAR)) {
            buf_addc(out, ' ');
            buf_addz(out, mechanisms[i].name);
        }
}

enum st sasl_begin(struct sasl *x, struct arena *a, struct str name)
{
    const struct sasl_mechanism *m = sasl_find(name);

    if (!m)
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

enum st sasl_exchange(struct sasl *x, const struct str *initial, sasl_ask_fn *ask, void *arg,
                      struct sasl_credentials *out)
{
    const struct str *response = initial;
    struct sasl_todo todo;
    struct str raw;

    for (unsigned i = 0; i < SASL_STEPS_MAX; i++) {
        TRY(sasl_step(x, response, &todo));
        if (todo.kind == SASL_VERIFY) {
            *out = todo.credentials;
            return ST_OK;
        }
        TRY(ask(arg, todo.challenge, &raw));
        response = &raw;
    }
    return FAIL(ST_SYNTAX, "an exchange without an end");
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

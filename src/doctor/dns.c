/* `dns` and `dkim show --check`. */
#include "doctor/doctor.h"

#include "base/json.h"
#include "doctor/compare.h"

#include <stdio.h>

#define OUT_MAX (4u << 20)

struct check {
    const struct admin_doctor *d;
    struct arena *a;
    struct facts facts;
    struct want *wants;
    size_t n;
    struct world world;
    struct finding findings[WANTS_MAX];
    size_t counts[FINDING_UNKNOWN + 1];
};

static enum st look(struct check *c)
{
    world_init(&c->world, c->a);
    for (size_t i = 0; i < c->n; i++)
        compare_wants(&c->wants[i], &c->facts, &c->world);
    TRY(world_ask(&c->world, c->d));
    for (size_t i = 0; i < c->n; i++) {
        c->findings[i] = compare(c->a, &c->wants[i], &c->facts, &c->world);
        c->counts[c->findings[i].state]++;
    }
    return ST_OK;
}

/* --- for programs ------------------------------------------------------------------------------------------------- */

static void finding_json(struct json *j, const struct finding *f)
{
    json_kv_str(j, "state", str_z(finding_name(f->state)));
    json_key(j, "found");
    json_array(j);
    for (size_t i = 0; i < f->seen->n; i++)
        json_str(j, f->seen->records[i]);
    json_array_end(j);
    json_kv_str(j, "cure", f->cure);
}

static void write_json(const struct check *c, bool is_checked, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    json_object(&j);
    json_kv_str(&j, "domain", c->facts.domain);
    json_key(&j, "records");
    json_array(&j);
    for (size_t i = 0; i < c->n; i++) {
        json_object(&j);
        json_kv_str(&j, "name", c->wants[i].name);
        json_kv_str(&j, "type", str_z(dns_type_name(c->wants[i].type)));
        json_kv_str(&j, "value", c->wants[i].value);
        json_kv_str(&j, "level", str_z(want_level_name(want_level(c->wants[i].kind))));
        json_kv_str(&j, "why", str_z(want_why(c->wants[i].kind)));
        if (is_checked)
            finding_json(&j, &c->findings[i]);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
    buf_addc(out, '\n');
}

/* --- for people ----------------------------------------------------------------------------------------------------- */

/* What strangers wrote into the DNS is printable by dns_rdata_text. */
static void write_finding(const struct want *w, const struct finding *f, struct buf *out)
{
    buf_addf(out, "%-8s %-6s %-6s %.*s", finding_name(f->state), want_level_name(want_level(w->kind)),
             dns_type_name(w->type), STR_ARGS(w->name));
    if (f->state == FINDING_OK) {
        buf_addc(out, '\n');
        return;
    }
    for (size_t i = 0; i < f->seen->n; i++)
        buf_addf(out, "\n         found: %.*s", STR_ARGS(f->seen->records[i]));
    buf_addf(out, "\n         %.*s\n", STR_ARGS(f->cure));
}

static void write_text(const struct check *c, struct buf *out)
{
    for (size_t i = 0; i < c->n; i++)
        write_finding(&c->wants[i], &c->findings[i], out);
    buf_addf(out, "\n%.*s: %zu right, %zu with a note, %zu missing, %zu wrong, %zu without an answer\n",
             STR_ARGS(c->facts.domain), c->counts[FINDING_OK], c->counts[FINDING_NOTE], c->counts[FINDING_MISSING],
             c->counts[FINDING_WRONG], c->counts[FINDING_UNKNOWN]);
}

/* --- together --------------------------------------------------------------------------------------------------------- */

/* Wrong is what is wrong, and what has to be there and is not. */
static enum admin_exit judge(const struct check *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->findings[i].state == FINDING_WRONG ||
            (c->findings[i].state == FINDING_MISSING && want_level(c->wants[i].kind) == WANT_MUST))
            return ADMIN_WRONG;
    return ADMIN_DONE;
}

static enum st carry_out(struct check *c, bool only_keys, bool is_checked, struct buf *out)
{
    TRY(facts_gather(c->d, c->a, c->d->args->args[0], &c->facts));
    c->wants = only_keys ? wants_of_keys(c->a, &c->facts, &c->n) : wants_of(c->a, &c->facts, &c->n);
    if (is_checked)
        TRY(look(c));
    if (c->d->as_json)
        write_json(c, is_checked, out);
    else if (is_checked)
        write_text(c, out);
    else
        wants_print(&c->facts, c->wants, c->n, out);
    return buf_check(out);
}

enum admin_exit doctor_dns(const struct admin_doctor *d)
{
    bool only_keys = d->args->command->id == ADMIN_CMD_dkim_show, is_checked = admin_has(d->args, "check");
    struct arena a = ARENA_INIT;
    struct check *c = MEM_NEW(struct check);
    enum admin_exit e = ADMIN_DONE;
    struct buf out;
    enum st st;

    c->d = d;
    c->a = &a;
    buf_init(&out, OUT_MAX);
    st = carry_out(c, only_keys, is_checked, &out);
    if (st != ST_OK)
        e = admin_complain(st);
    else if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
        e = ADMIN_FAILED;
    else if (is_checked)
        e = judge(c);
    buf_fini(&out);
    mem_free(c);
    arena_fini(&a);
    return e;
}

#include "doctor/report.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 1000

void report_add(struct report *r, enum finding_state state, const char *check, struct str what, const char *fmt, ...)
{
    char text[TEXT_MAX];
    va_list args;

    if (r->n == REPORT_MAX)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->v[r->n++] = (struct report_item){
        .state = state, .check = check, .what = arena_str(r->a, what), .text = arena_str(r->a, str_z(text))};
}

/* Banners and error texts come from strangers. */
static void add_clean(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_addc(out, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

void report_text(const struct report *r, struct buf *out)
{
    size_t counts[FINDING_UNKNOWN + 1] = {0};

    for (size_t i = 0; i < r->n; i++) {
        const struct report_item *it = &r->v[i];

        counts[it->state]++;
        buf_addf(out, "%-8s %-12s ", finding_name(it->state), it->check);
        add_clean(out, it->what);
        if (it->text.n)
            buf_addz(out, ": ");
        add_clean(out, it->text);
        buf_addc(out, '\n');
    }
    buf_addf(out, "\n%zu right, %zu with a note, %zu wrong, %zu that can't be told\n", counts[FINDING_OK],
             counts[FINDING_NOTE], counts[FINDING_WRONG] + counts[FINDING_MISSING], counts[FINDING_UNKNOWN]);
}

void report_json(const struct report *r, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    json_object(&j);
    json_key(&j, "checks");
    json_array(&j);
    for (size_t i = 0; i < r->n; i++) {
        json_object(&j);
        json_kv_str(&j, "check", str_z(r->v[i].check));
        json_kv_str(&j, "what", r->v[i].what);
        json_kv_str(&j, "state", str_z(finding_name(r->v[i].state)));
        json_kv_str(&j, "text", r->v[i].text);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
    buf_addc(out, '\n');
}

bool report_is_bad(const struct report *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].state == FINDING_WRONG || r->v[i].state == FINDING_MISSING)
            return true;
    return false;
}

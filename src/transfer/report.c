#include "transfer/report.h"

#include "base/json.h"

#include <stdio.h>
#include <unistd.h>

#define ERRORS_KEPT 1000 /* in the sum; all are told when they happen */
#define SHOW_MS 200
#define BAR 24

void report_init(struct report *r, bool as_json, const char *verb)
{
    *r = (struct report){.verb = verb, .as_json = as_json, .on_terminal = isatty(STDERR_FILENO) == 1};
    buf_init(&r->errors, ERRORS_KEPT * 4096);
}

void report_fini(struct report *r)
{
    buf_fini(&r->errors);
}

static void end_line(struct report *r)
{
    if (r->line_open)
        fputs("\r\033[K", stderr);
    r->line_open = false;
}

/* Names and errors come from others: nothing in them moves the cursor. */
static void put_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;

        putc(c < ' ' || c == 0x7f || c1 ? '?' : c, stderr);
        i += c1;
    }
}

static void tell(struct report *r, struct str mailbox, struct str where, const char *why)
{
    struct json j;

    if (r->is_silent)
        return;
    end_line(r);
    fputs("restante: ", stderr);
    put_clean(mailbox);
    fputs(mailbox.n && where.n ? ", " : "", stderr);
    put_clean(where);
    fputs(": ", stderr);
    put_clean(str_z(why));
    putc('\n', stderr);
    if (r->n_errors++ >= ERRORS_KEPT)
        return;
    if (r->errors.n)
        buf_addc(&r->errors, ',');
    json_init(&j, &r->errors);
    json_object(&j);
    json_kv_str(&j, "mailbox", mailbox);
    json_kv_str(&j, "item", where);
    json_kv_str(&j, "error", str_z(why));
    json_object_end(&j);
}

void report_left_out(struct report *r, struct str mailbox, struct str where, const char *why)
{
    r->left_out++;
    tell(r, mailbox, where, why);
}

void report_note(struct report *r, struct str mailbox, const char *text)
{
    r->left_out++;
    tell(r, mailbox, STR_NONE, text);
}

static void put_bar(uint64_t done, uint64_t of)
{
    int full = (int)(MIN(done, of) * BAR / of);

    fprintf(stderr, "[%.*s%.*s] ", full, "########################", BAR - full, "                        ");
}

void report_progress(struct report *r, struct str mailbox)
{
    mono_ms now = clock_mono_ms();
    uint64_t done = r->messages + r->there + r->left_out;

    if (!r->on_terminal || now - r->shown < SHOW_MS)
        return;
    r->shown = now;
    fputs("\r\033[K", stderr);
    if (r->total)
        put_bar(done, r->total);
    else if (r->source_bytes)
        put_bar(r->source_done, r->source_bytes);
    fprintf(stderr, "%llu", (unsigned long long)done);
    if (r->total)
        fprintf(stderr, " of %llu", (unsigned long long)r->total);
    fprintf(stderr, " messages, %llu MiB  ", (unsigned long long)(r->bytes >> 20));
    put_clean(str_sub(mailbox, 0, 40));
    r->line_open = true;
}

static void sum(const struct report *r, enum st st, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    json_object(&j);
    if (r->describe)
        r->describe(r->describe_arg, &j);
    json_kv_u64(&j, "mailboxes", r->mailboxes);
    json_kv_u64(&j, r->verb, r->messages);
    if (r->is_import) {
        json_kv_u64(&j, "there_already", r->there);
        if (!r->describe) /* from files */
            json_kv_u64(&j, "files_ignored", r->ignored);
    }
    json_kv_u64(&j, "bytes", r->bytes);
    json_kv_u64(&j, "left_out", r->left_out);
    json_kv_bool(&j, "complete", st == ST_OK && r->left_out == 0);
    if (st != ST_OK)
        json_kv_str(&j, "error", str_z(err_get()->text));
    if (r->as_json) {
        json_key(&j, "errors");
        json_array(&j);
        json_raw(&j, buf_str(&r->errors));
        json_array_end(&j);
    }
    json_object_end(&j);
}

static enum admin_exit exit_of(const struct report *r, enum st st)
{
    switch (st) {
    case ST_OK: return r->left_out ? ADMIN_REFUSED : ADMIN_DONE;
    case ST_SYNTAX: return ADMIN_USAGE;
    case ST_NOTFOUND:
    case ST_EXISTS:
    case ST_DENIED:
    case ST_OVERQUOTA:
    case ST_LIMIT: return ADMIN_REFUSED;
    default: return ADMIN_FAILED;
    }
}

enum admin_exit report_end(struct report *r, enum st st)
{
    enum admin_exit e = exit_of(r, st);
    struct buf json, text;

    end_line(r);
    if (st != ST_OK)
        fprintf(stderr, "restante: %s\n", err_get()->text);
    buf_init(&json, ADMIN_ANSWER_MAX);
    buf_init(&text, ADMIN_ANSWER_MAX);
    sum(r, st, &json);
    if (r->as_json) {
        buf_add(&text, buf_str(&json));
        buf_addc(&text, '\n');
    } else {
        IGNORE(admin_render(buf_str(&json), &text)); /* it is JSON */
    }
    if (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0)
        e = ADMIN_FAILED;
    buf_fini(&json);
    buf_fini(&text);
    return e;
}

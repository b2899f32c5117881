/* From words to an exit status: what is asked for, where the server is, whether there is one, and how the answer is shown. */
#include "admin/admin.h"

#include "admin/command.h"
#include "admin/import.h"
#include "base/limits.h"
#include "base/secret.h"
#include "config/config.h"
#include "config/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct call {
    const struct admin_hooks *hooks;
    struct arena arena;
    struct admin_args args;
    struct str words[ADMIN_WORDS_MAX]; /* without what concerns only this tool */
    size_t n;
    const char *config, *control;
    bool as_json, offline;
    int lock;                   /* of the data directory, -1: not taken; kept for all requests of one command */
    void *directory;            /* opened under it; NULL: not yet */
    const struct settings *set; /* NULL: not read */
    char socket[4096];
};

static enum admin_exit exit_of(enum st st)
{
    switch (st) {
    case ST_OK: return ADMIN_DONE;
    case ST_SYNTAX: return ADMIN_USAGE;
    case ST_DENIED:
    case ST_NOTFOUND:
    case ST_EXISTS:
    case ST_BUSY:
    case ST_LIMIT: return ADMIN_REFUSED;
    default: return ADMIN_FAILED;
    }
}

enum admin_exit admin_complain(enum st st)
{
    if (st != ST_CANCELED)
        fprintf(stderr, "restante: %s\n", err_get()->text[0] ? err_get()->text : st_text(st));
    return exit_of(st);
}

static enum st read_file(struct arena *a, const char *path, size_t max, struct str *out)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct buf b;
    ssize_t n = 1;
    enum st st = ST_OK;

    if (fd < 0)
        return FAIL_ERRNO(path);
    buf_init(&b, max);
    while (n > 0 && st == ST_OK) {
        char *to = buf_space(&b, MIN((size_t)65536, max - b.n + 1));

        if (!to) {
            st = FAIL(ST_LIMIT, "%s is larger than %zu bytes", path, max);
            break;
        }
        n = read(fd, to, MIN((size_t)65536, max - b.n));
        if (n < 0)
            st = FAIL_ERRNO(path);
        else
            buf_added(&b, (size_t)n);
    }
    close(fd);
    if (st == ST_OK)
        *out = arena_str(a, buf_str(&b));
    if (b.n)
        wipe(b.p, b.n);
    buf_fini(&b);
    return st;
}

/* --- configuration ------------------------------------------------------------------------------------- */

static enum admin_exit read_config(struct call *c)
{
    struct config_errors *errors;
    struct str text;
    struct buf lines;
    enum st st;

    if (c->set)
        return ADMIN_DONE;
    if (read_file(&c->arena, c->config, LIMIT_CONFIG, &text) != ST_OK) {
        fprintf(stderr, "restante: %s\n", err_get()->text);
        return ADMIN_CONFIG;
    }
    errors = ARENA_NEW(&c->arena, struct config_errors);
    st = config_parse(text, c->config, &c->set, errors);
    if (st == ST_OK)
        return ADMIN_DONE;
    buf_init(&lines, 65536);
    config_errors_print(errors, c->config, &lines);
    fprintf(stderr, "%.*s", STR_ARGS(buf_str(&lines)));
    buf_fini(&lines);
    return ADMIN_CONFIG;
}

/* The data directory, for who is the first to use it. */
static enum admin_exit make_data(struct call *c)
{
    struct config_pos at = config_place(c->set, "data");
    int why;

    if (mkdir(c->set->data.p, geteuid() == 0 ? 0711 : 0700) == 0 || errno == EEXIST)
        return ADMIN_DONE;
    why = errno;
    fprintf(stderr, "%s:", c->config);
    if (at.line)
        fprintf(stderr, "%u:%u:", at.line, at.column);
    fprintf(stderr, " data %s can't be made: %s\n", c->set->data.p, strerror(why));
    return ADMIN_CONFIG;
}

static enum admin_exit find_socket(struct call *c)
{
    enum admin_exit e;

    if (c->control) {
        snprintf(c->socket, sizeof(c->socket), "%s", c->control);
        return ADMIN_DONE;
    }
    e = read_config(c);
    if (e != ADMIN_DONE)
        return e;
    if (c->set->control_socket.n)
        snprintf(c->socket, sizeof(c->socket), "%s", c->set->control_socket.p);
    else
        snprintf(c->socket, sizeof(c->socket), "%s/control", c->set->run.p);
    return ADMIN_DONE;
}

/* --- one request ------------------------------------------------------------------------------------------ */

/* Needs the lock: a server that starts just now finds it taken, a running one has it. */
static enum admin_exit open_offline(struct call *c)
{
    enum admin_exit e = read_config(c);
    enum st st;

    if (e != ADMIN_DONE)
        return e;
    e = make_data(c);
    if (e != ADMIN_DONE)
        return e;
    st = config_lock_data(c->set->data, &c->lock);
    if (st == ST_OK)
        st = c->hooks->offline->open(c->set, &c->directory);
    if (st == ST_OK)
        return ADMIN_DONE;
    admin_complain(st);
    return st == ST_BUSY ? ADMIN_NO_SERVER : ADMIN_FAILED;
}

static enum admin_exit ask_offline(struct call *c, struct str input, struct admin_answer *out)
{
    enum admin_exit e = c->directory ? ADMIN_DONE : open_offline(c);

    if (e != ADMIN_DONE)
        return e;
    out->st = c->hooks->offline->run(c->directory, c->words, c->n, input, &out->json);
    if (out->st != ST_OK)
        out->text = arena_str(&c->arena, str_z(err_get()->text));
    return ADMIN_DONE;
}

static enum admin_exit ask(struct call *c, struct str input, struct admin_answer *out)
{
    enum admin_exit e;
    enum st st;

    *out = (struct admin_answer){0};
    buf_init(&out->json, ADMIN_ANSWER_MAX);
    if (c->offline)
        return ask_offline(c, input, out);
    e = find_socket(c);
    if (e != ADMIN_DONE)
        return e;
    st = admin_ask(&c->arena, c->socket, c->words, c->n, input, -1, out);
    if (st == ST_OK)
        return ADMIN_DONE;
    if (st == ST_NOTFOUND && !c->control && (c->args.command->flags & CMD_OFFLINE)) {
        c->offline = true;
        return ask_offline(c, input, out);
    }
    admin_complain(st);
    return ADMIN_NO_SERVER;
}

static enum admin_exit show(const struct call *c, struct str json)
{
    struct buf text;
    enum st st = ST_OK;

    buf_init(&text, ADMIN_ANSWER_MAX);
    if (c->as_json)
        buf_add(&text, json.n ? json : STR("{}"));
    else
        st = admin_render(json, &text);
    if (c->as_json)
        buf_addc(&text, '\n');
    if (st == ST_OK && (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0))
        st = FAIL_ERRNO("writing the answer");
    if (text.n)
        wipe(text.p, text.n);
    buf_fini(&text);
    return st == ST_OK ? ADMIN_DONE : admin_complain(st);
}

static enum admin_exit refused(const struct call *c, const struct admin_answer *answer)
{
    fprintf(stderr, "restante: %.*s\n", STR_ARGS(answer->text.n ? answer->text : str_z(st_text(answer->st))));
    if (c->args.command->id == ADMIN_CMD_reload && answer->st == ST_SYNTAX) /* of the file, not of the command */
        return ADMIN_CONFIG;
    return exit_of(answer->st);
}

static enum admin_exit ask_and_show(struct call *c, struct str input)
{
    struct admin_answer answer;
    enum admin_exit e = ask(c, input, &answer);

    if (e == ADMIN_DONE)
        e = answer.st == ST_OK ? show(c, buf_str(&answer.json)) : refused(c, &answer);
    if (answer.json.n)
        wipe(answer.json.p, answer.json.n);
    buf_fini(&answer.json);
    return e;
}

/* --- commands with something to read ------------------------------------------------------------------------- */

static enum admin_exit with_password(struct call *c)
{
    struct str password = STR_NONE;
    enum admin_exit e;

    if (!admin_has(&c->args, "random")) {
        enum st st = admin_read_password(admin_has(&c->args, "password-stdin"), true, &c->arena, &password);

        if (st != ST_OK)
            return admin_complain(st);
    }
    e = ask_and_show(c, password);
    if (password.n)
        wipe((void *)(uintptr_t)password.p, password.n);
    return e;
}

/* What jansson gives comes from its own allocator. */
static void json_text_free(char *text)
{
    json_malloc_t give;
    json_free_t take;

    json_get_alloc_funcs(&give, &take);
    take(text);
}

struct import {
    struct call *call;
    struct buf batch;
    size_t n; /* in the batch */
    json_int_t added, changed, failed;
    json_t *failures;
};

static void failed_line(struct import *im, uint32_t line, const char *address, const char *why)
{
    im->failed++;
    json_array_append_new(im->failures,
                          json_pack("{s:i, s:s, s:s}", "line", (int)line, "address", address, "error", why));
}

static enum admin_exit take_result(struct import *im, const struct admin_answer *answer)
{
    json_t *o = json_loadb(answer->json.p ? answer->json.p : "", answer->json.n, 0, NULL), *v;
    size_t i;

    if (!o)
        return admin_complain((enum st)FAIL(ST_INTERNAL, "the server's answer is no JSON"));
    im->added += json_integer_value(json_object_get(o, "added"));
    im->changed += json_integer_value(json_object_get(o, "changed"));
    json_array_foreach(json_object_get(o, "failed"), i, v)
    {
        json_array_append(im->failures, v);
        im->failed++;
    }
    json_decref(o);
    return ADMIN_DONE;
}

static enum admin_exit send_batch(struct import *im)
{
    struct admin_answer answer;
    enum admin_exit e;

    if (im->n == 0)
        return ADMIN_DONE;
    e = ask(im->call, buf_str(&im->batch), &answer);
    if (e == ADMIN_DONE)
        e = answer.st == ST_OK ? take_result(im, &answer) : refused(im->call, &answer);
    buf_fini(&answer.json);
    wipe(im->batch.p, im->batch.n);
    buf_clear(&im->batch);
    im->n = 0;
    return e;
}

static enum admin_exit add_to_batch(struct import *im, const struct admin_entry *entry)
{
    struct buf one;
    enum admin_exit e = ADMIN_DONE;

    buf_init(&one, ADMIN_INPUT_MAX);
    admin_entry_put(&one, entry);
    if (im->batch.n + one.n > ADMIN_INPUT_MAX || im->n == ADMIN_ENTRIES_MAX)
        e = send_batch(im);
    buf_add(&im->batch, buf_str(&one));
    im->n++;
    wipe(one.p, one.n);
    buf_fini(&one);
    return e;
}

static enum admin_exit import_all(struct import *im, struct str text)
{
    struct arena line = ARENA_INIT;
    struct admin_import reader;
    struct admin_entry entry;
    enum admin_exit e = ADMIN_DONE;
    enum st st = admin_import_begin(&reader, &im->call->arena, text);

    if (st != ST_OK)
        return admin_complain(st);
    while (e == ADMIN_DONE && (st = admin_import_next(&reader, &line, &entry)) != ST_EOF) {
        if (st == ST_OK)
            e = add_to_batch(im, &entry);
        else
            failed_line(im, reader.line, "", err_get()->text);
        arena_reset(&line);
    }
    arena_fini(&line);
    return e == ADMIN_DONE ? send_batch(im) : e;
}

static enum admin_exit import_file(struct call *c)
{
    struct import im = {.call = c, .failures = json_array()};
    struct str text;
    enum admin_exit e;
    char *json;

    if (read_file(&c->arena, arena_cstr(&c->arena, c->args.args[0]), ADMIN_IMPORT_MAX, &text) != ST_OK) {
        json_decref(im.failures);
        return admin_complain(err_get()->st);
    }
    buf_init(&im.batch, ADMIN_INPUT_MAX);
    e = import_all(&im, text);
    if (text.n)
        wipe((void *)(uintptr_t)text.p, text.n);
    json_t *result = json_pack("{s:I, s:I, s:I, s:o}", "added", im.added, "changed", im.changed, "failed", im.failed,
                               "errors", im.failures);
    json = json_dumps(result, JSON_COMPACT);
    if (json && (e == ADMIN_DONE || im.added + im.changed + im.failed > 0)) {
        enum admin_exit shown = show(c, str_z(json));

        e = e == ADMIN_DONE ? shown : e;
    }
    if (json)
        json_text_free(json);
    json_decref(result);
    buf_fini(&im.batch);
    return e == ADMIN_DONE && im.failed ? ADMIN_REFUSED : e;
}

/* --- an account's mail ------------------------------------------------------------------------------------------ */

static enum st ask_for_mail(struct call *c, struct admin_server *own, int with, struct admin_answer *answer)
{
    enum st st = c->offline ? ST_NOTFOUND : admin_ask(&c->arena, c->socket, c->words, c->n, STR_NONE, with, answer);

    if (st != ST_NOTFOUND || c->control)
        return st;
    TRY(admin_server_start(c->config, c->socket, own));
    return admin_ask(&c->arena, c->socket, c->words, c->n, STR_NONE, with, answer);
}

/* With a server of its own while none runs. */
static enum admin_exit ask_any_server(struct call *c)
{
    struct admin_server own = {0};
    struct admin_answer answer = {0};
    enum admin_exit e = find_socket(c);
    enum st st;

    if (e != ADMIN_DONE)
        return e;
    buf_init(&answer.json, ADMIN_ANSWER_MAX);
    st = ask_for_mail(c, &own, -1, &answer);
    if (st != ST_OK) {
        admin_complain(st);
        e = ADMIN_NO_SERVER;
    } else {
        e = answer.st == ST_OK ? show(c, buf_str(&answer.json)) : refused(c, &answer);
    }
    buf_fini(&answer.json);
    admin_server_stop(&own);
    return e;
}

static enum admin_exit open_mail(struct call *c, struct admin_server *own, int *out_fd)
{
    struct admin_answer answer = {0};
    enum admin_exit e = ADMIN_DONE;
    int pair[2];
    enum st st;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return admin_complain(FAIL_ERRNO("socketpair"));
    buf_init(&answer.json, ADMIN_ANSWER_MAX);
    st = ask_for_mail(c, own, pair[1], &answer);
    close(pair[1]);
    if (st != ST_OK) {
        admin_complain(st);
        e = ADMIN_NO_SERVER;
    } else if (answer.st != ST_OK) {
        e = refused(c, &answer);
    }
    buf_fini(&answer.json);
    if (e == ADMIN_DONE)
        *out_fd = pair[0];
    else
        close(pair[0]);
    return e;
}

static enum admin_exit with_mail(struct call *c)
{
    bool from_server = c->args.n > 1 && str_search(c->args.args[1], STR("://")) < c->args.args[1].n;
    struct admin_server own = {0};
    enum admin_exit e = find_socket(c);
    struct str password = STR_NONE;
    int fd;

    if (e == ADMIN_DONE && from_server &&
        admin_read_password(admin_has(&c->args, "password-stdin"), false, &c->arena, &password) != ST_OK)
        return admin_complain(err_get()->st);

    if (e == ADMIN_DONE)
        e = open_mail(c, &own, &fd);
    if (e == ADMIN_DONE)
        e = c->hooks->mail(&c->args, password, fd, c->as_json);
    admin_server_stop(&own);
    if (password.n)
        wipe((void *)(uintptr_t)password.p, password.n);
    return e;
}

/* --- backups --------------------------------------------------------------------------------------------------- */

/* The box answers at once; what the hold is comes over the pair. */
static enum admin_exit open_hold(struct call *c, struct admin_server *own, int *out_fd)
{
    c->words[0] = STR("store");
    c->words[1] = STR("hold");
    c->n = 2;
    return open_mail(c, own, out_fd);
}

static enum admin_exit prepare_backup(struct call *c, struct admin_server *own, struct admin_backup *b)
{
    enum admin_exit e = find_socket(c);

    if (e == ADMIN_DONE)
        e = read_config(c);
    if (e == ADMIN_DONE && !admin_has(&c->args, "without-keys") &&
        admin_read_passphrase(admin_has(&c->args, "passphrase-stdin"), true, &c->arena, &b->passphrase) != ST_OK)
        return admin_complain(err_get()->st);
    b->set = c->set;
    b->config = c->config;
    return e == ADMIN_DONE ? open_hold(c, own, &b->hold) : e;
}

static enum admin_exit with_backup(struct call *c)
{
    struct admin_backup b = {.args = &c->args, .version = c->hooks->version, .hold = -1};
    struct admin_server own = {0};
    enum admin_exit e = c->args.command->id == ADMIN_CMD_backup ? prepare_backup(c, &own, &b) : ADMIN_DONE;
    bool wrong = false;
    struct buf json;
    enum st st;

    buf_init(&json, ADMIN_ANSWER_MAX);
    if (e == ADMIN_DONE) {
        st = c->hooks->backup(&b, &json, &wrong);
        e = st == ST_OK ? show(c, buf_str(&json)) : admin_complain(st);
        e = st == ST_CORRUPT || (e == ADMIN_DONE && wrong) ? ADMIN_WRONG : e;
    }
    buf_fini(&json);
    if (b.hold >= 0)
        close(b.hold);
    admin_server_stop(&own);
    if (b.passphrase.n)
        wipe((void *)(uintptr_t)b.passphrase.p, b.passphrase.n);
    return e;
}

/* --- restoring ---------------------------------------------------------------------------------------------------- */

static bool is_served(struct call *c)
{
    const struct str words[] = {STR("status")};
    struct admin_answer answer = {0};
    enum st st;

    buf_init(&answer.json, ADMIN_ANSWER_MAX);
    st = admin_ask(&c->arena, c->socket, words, 1, STR_NONE, -1, &answer);
    buf_fini(&answer.json);
    return st != ST_NOTFOUND;
}

/* Into the running server, or into one without ports for as long as it takes. */
static enum admin_exit restore_account(struct call *c)
{
    struct admin_restore r = {.args = &c->args, .as_json = c->as_json};
    struct admin_server own = {0};
    enum admin_exit e = find_socket(c);

    if (e != ADMIN_DONE)
        return e;
    r.set = c->set;
    r.socket = c->socket;
    if (!c->control && !is_served(c) && admin_server_start(c->config, c->socket, &own) != ST_OK) {
        admin_complain(err_get()->st);
        return ADMIN_NO_SERVER;
    }
    e = c->hooks->restore_account(&r);
    admin_server_stop(&own);
    return e;
}

static enum admin_exit restore_whole(struct call *c)
{
    struct admin_restore r = {.args = &c->args, .as_json = c->as_json};
    enum admin_exit e = read_config(c);
    bool wrong = false;
    struct buf json;
    enum st st;

    if (e != ADMIN_DONE)
        return e;
    r.set = c->set;
    buf_init(&json, ADMIN_ANSWER_MAX);
    st = c->hooks->restore(&r, &json, &wrong);
    if (st == ST_OK)
        e = show(c, buf_str(&json));
    else
        e = admin_complain(st);
    if (st == ST_BUSY)
        e = ADMIN_NO_SERVER;
    buf_fini(&json);
    return st == ST_CORRUPT || (e == ADMIN_DONE && wrong) ? ADMIN_WRONG : e;
}

static enum admin_exit run_restore(struct call *c)
{
    if (admin_has(&c->args, "account"))
        return restore_account(c);
    if (admin_has(&c->args, "mailbox"))
        return admin_complain((enum st)FAIL(ST_SYNTAX, "whose mailbox is it? --account says it"));
    return restore_whole(c);
}

/* --- what needs no server ------------------------------------------------------------------------------------- */

static enum admin_exit print(struct buf *b)
{
    fwrite(b->p, 1, b->n, stdout);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_FAILED;
}

static enum admin_exit run_version(struct call *c)
{
    printf(c->as_json ? "{\"version\":\"%s\"}\n" : "restante %s\n", c->hooks->version);
    return ADMIN_DONE;
}

static enum admin_exit run_help(struct call *c)
{
    struct buf b;
    enum admin_exit e;

    buf_init(&b, 1 << 20);
    admin_help(c->args.args, c->args.n, &b);
    e = print(&b);
    buf_fini(&b);
    return e;
}

static enum admin_exit run_make_ca(struct call *c)
{
    struct str hosts[ADMIN_OPTIONS_MAX];
    struct buf json;
    size_t n = 0;
    enum admin_exit e;
    enum st st;

    for (size_t i = 0; i < c->args.n_options; i++)
        if (str_eq(c->args.options[i].name, STR("host")))
            hosts[n++] = c->args.options[i].value;
    buf_init(&json, 65536);
    st = admin_make_ca(c->args.args[0], hosts, n, &json);
    e = st == ST_OK ? show(c, buf_str(&json)) : admin_complain(st);
    buf_fini(&json);
    return e;
}

static enum admin_exit show_check(struct call *c, enum st st, struct buf *json, struct str accounts, bool wrong)
{
    enum admin_exit e;

    if (st != ST_OK) {
        e = admin_complain(st);
        return e == ADMIN_REFUSED ? ADMIN_REFUSED : st == ST_CORRUPT ? ADMIN_WRONG : ADMIN_FAILED;
    }
    admin_name_accounts(accounts, json);
    e = show(c, buf_str(json));
    return e == ADMIN_DONE && wrong ? ADMIN_WRONG : e;
}

static enum admin_exit run_store_tool(struct call *c)
{
    enum admin_exit e = read_config(c);
    struct buf json, accounts;
    bool wrong = false;
    enum st st;

    if (e != ADMIN_DONE)
        return e;
    buf_init(&accounts, ADMIN_ANSWER_MAX);
    IGNORE(admin_list_accounts(c->config, &accounts)); /* then they have numbers only */
    st = config_lock_data(c->set->data, &c->lock);
    buf_init(&json, ADMIN_ANSWER_MAX);
    if (st == ST_BUSY) {
        fprintf(stderr, "restante: a server runs on %.*s: stop it first (restante stop)\n", STR_ARGS(c->set->data));
        e = ADMIN_NO_SERVER;
    } else if (st != ST_OK) {
        e = admin_complain(st);
    } else {
        st = c->hooks->store_tool(c->set, &c->args, &json, &wrong);
        e = show_check(c, st, &json, buf_str(&accounts), wrong);
    }
    buf_fini(&json);
    buf_fini(&accounts);
    return e;
}

/* By the server when one runs, else on the data directory itself. */
static enum admin_exit run_check(struct call *c)
{
    bool nobody = c->offline, wrong = false;
    enum admin_exit e = nobody ? ADMIN_DONE : find_socket(c);
    struct buf json, accounts;
    enum st st = ST_OK;

    if (e != ADMIN_DONE)
        return e;
    buf_init(&json, ADMIN_ANSWER_MAX);
    buf_init(&accounts, ADMIN_ANSWER_MAX);
    if (!nobody)
        st = admin_check(&c->arena, c->socket, c->words, c->n, &json, &wrong, &nobody);
    if (st == ST_OK && !nobody)
        IGNORE(admin_list_accounts(c->config, &accounts));
    if (!nobody) {
        e = show_check(c, st, &json, buf_str(&accounts), wrong);
    } else if (c->control) {
        admin_complain(st);
        e = ADMIN_NO_SERVER;
    } else {
        e = run_store_tool(c);
    }
    buf_fini(&json);
    buf_fini(&accounts);
    return e;
}

/* --- whether all is set up right ---------------------------------------------------------------------------------- */

struct question {
    struct call *call;
    enum admin_exit said; /* what it came to, when that has been told */
};

static enum st ask_for_doctor(void *arg, const struct str *words, size_t n, struct str *out_json)
{
    struct question *q = arg;
    struct call *c = q->call;
    struct admin_answer answer = {0};

    memcpy(c->words, words, n * sizeof *words);
    c->n = n;
    if (c->offline && str_eq(words[0], STR("resolve"))) {
        fprintf(stderr, "restante: the DNS is asked by the running server: start it first\n");
        q->said = ADMIN_NO_SERVER;
        return FAIL(ST_CANCELED, "no server runs");
    }
    q->said = ask(c, STR_NONE, &answer);
    if (q->said == ADMIN_DONE && answer.st != ST_OK)
        q->said = refused(c, &answer);
    *out_json = arena_str(&c->arena, buf_str(&answer.json));
    buf_fini(&answer.json);
    return q->said == ADMIN_DONE ? ST_OK : FAIL(ST_CANCELED, "that has been said");
}

static enum admin_exit run_doctor(struct call *c, enum admin_exit (*hook)(const struct admin_doctor *d))
{
    struct question q = {.call = c};
    struct admin_doctor d = {.args = &c->args, .as_json = c->as_json, .ask = ask_for_doctor, .arg = &q};
    enum admin_exit e = read_config(c);

    if (e != ADMIN_DONE)
        return e;
    d.set = c->set;
    e = hook(&d);
    return q.said != ADMIN_DONE ? q.said : e;
}

static enum admin_exit run(struct call *c)
{
    switch (c->args.command->id) {
    case ADMIN_CMD_version: return run_version(c);
    case ADMIN_CMD_help: return run_help(c);
    case ADMIN_CMD_make_ca: return run_make_ca(c);
    case ADMIN_CMD_check: return run_check(c);
    case ADMIN_CMD_undelete: return ask_any_server(c);
    case ADMIN_CMD_rebuild: return run_store_tool(c);
    case ADMIN_CMD_account_add:
    case ADMIN_CMD_account_password: return with_password(c);
    case ADMIN_CMD_route_add: return admin_has(&c->args, "user") ? with_password(c) : ask_and_show(c, STR_NONE);
    case ADMIN_CMD_account_import: return import_file(c);
    case ADMIN_CMD_export:
    case ADMIN_CMD_reports:
    case ADMIN_CMD_import: return with_mail(c);
    case ADMIN_CMD_backup:
    case ADMIN_CMD_backup_list:
    case ADMIN_CMD_backup_verify: return with_backup(c);
    case ADMIN_CMD_restore: return run_restore(c);
    case ADMIN_CMD_dns: return run_doctor(c, c->hooks->dns);
    case ADMIN_CMD_dkim_show:
        return admin_has(&c->args, "check") ? run_doctor(c, c->hooks->dns) : ask_and_show(c, STR_NONE);
    case ADMIN_CMD_doctor: return run_doctor(c, c->hooks->doctor);
    case ADMIN_CMD_sendmail:
    case ADMIN_CMD_serve:
    case ADMIN_CMD_check_config:
        fprintf(stderr, "restante: %s must be the first word\n", c->args.command->noun);
        return ADMIN_USAGE;
    default: return ask_and_show(c, STR_NONE);
    }
}

/* --- words ------------------------------------------------------------------------------------------------------ */

/* Wherever --help stands: the help of the words before the first option. */
static void turn_to_help(struct call *c)
{
    size_t n = 0;

    while (n < c->n && n < ADMIN_WORDS_MAX - 1 && !str_starts(c->words[n], STR("-")))
        n++;
    memmove(&c->words[1], c->words, n * sizeof c->words[0]);
    c->words[0] = STR("help");
    c->n = n + 1;
}

/* Takes out what concerns only this tool. False: a value is missing. */
static bool take_own(struct call *c, int argc, char **argv)
{
    bool wants_help = false;

    for (int i = 1; i < argc; i++) {
        struct str w = str_z(argv[i]);
        const char **to = NULL;

        if (str_starts(w, STR("--config")))
            to = &c->config;
        if (str_starts(w, STR("--control")))
            to = &c->control;
        if (to && strchr(argv[i], '=')) {
            *to = strchr(argv[i], '=') + 1;
        } else if (to) {
            if (++i == argc)
                return false;
            *to = argv[i];
        } else if (str_eq(w, STR("--json"))) {
            c->as_json = true;
        } else if (c->n == 0 && str_eq(w, STR("--version"))) {
            c->words[c->n++] = STR("version");
        } else if (str_eq(w, STR("--help")) || str_eq(w, STR("-h"))) {
            wants_help = true;
        } else if (str_eq(w, STR("--offline"))) {
            c->offline = true;
        } else if (c->n < ADMIN_WORDS_MAX) {
            c->words[c->n++] = w;
        }
    }
    if (wants_help)
        turn_to_help(c);
    return true;
}

/* "restante account": what there is of it. It is a mistake all the same, for a script above all. */
static enum admin_exit list_verbs(struct str noun)
{
    struct buf b;

    buf_init(&b, 65536);
    admin_help_verbs(noun, &b);
    fprintf(stderr, "restante: %.*s wants a further word:\n%.*s", STR_ARGS(noun), STR_ARGS(buf_str(&b)));
    buf_fini(&b);
    return ADMIN_USAGE;
}

int admin_main(int argc, char **argv, const struct admin_hooks *hooks)
{
    struct call *c = MEM_NEW(struct call);
    enum admin_exit e = ADMIN_DONE;
    enum st st = ST_OK;

    c->hooks = hooks;
    c->config = ADMIN_CONFIG_DEFAULT;
    c->lock = -1;
    if (!take_own(c, argc, argv))
        st = FAIL(ST_SYNTAX, "the last option wants a value");
    if (c->n == 0)
        c->words[c->n++] = STR("help");
    if (st == ST_OK)
        st = admin_parse(&c->arena, c->words, c->n, &c->args);
    if (st == ST_OK && c->offline && !(c->args.command->flags & (CMD_OFFLINE | CMD_STARTS | CMD_BY_ITSELF)))
        st = FAIL(ST_SYNTAX, "that command needs the running server");
    if (st == ST_SYNTAX && c->n == 1 && admin_noun_has_verbs(c->words[0]))
        e = list_verbs(c->words[0]);
    else
        e = st == ST_OK ? run(c) : admin_complain(st);
    c->hooks->offline->close(c->directory);
    if (c->lock >= 0)
        close(c->lock);
    config_unref(c->set);
    arena_fini(&c->arena);
    mem_free(c);
    return (int)e;
}

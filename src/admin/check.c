/* `restante check` of a running server: the box writes to a socket how far it is and what it found (box/check_online.h); and addresses beside the
 * numbers of accounts, which the box does not know. */
#include "admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES (9u << 20)
#define LIST_MAX_BYTES ADMIN_ANSWER_MAX

/* --- asking ------------------------------------------------------------------------------------------------ */

static enum st take_error(struct str line)
{
    size_t at = str_find(line, ' ');
    uint64_t st;

    if (str_u64(str_sub(line, 0, at), ST_COUNT - 1, &st) != ST_OK || st == ST_OK)
        return FAIL(ST_SYNTAX, "the server sent something unintelligible");
    return FAIL((enum st)st, "%.*s", (int)MIN(line.n - MIN(at + 1, line.n), 600), line.p + MIN(at + 1, line.n));
}

/* ST_TRYLATER: it was not the last one. */
static enum st take_line(struct str line, struct admin_bar *bar, struct buf *json, bool *out_wrong)
{
    char kind = line.n > 2 && line.p[1] == ' ' ? line.p[0] : 0;
    struct str rest = str_from(line, MIN(line.n, (size_t)2));
    uint64_t done, total;
    size_t at = str_find(rest, ' ');

    if (kind == 'p' && str_u64(str_sub(rest, 0, at), UINT64_MAX, &done) == ST_OK &&
        str_u64(str_from(rest, MIN(at + 1, rest.n)), UINT64_MAX, &total) == ST_OK) {
        admin_bar_show(bar, done, total);
        return ST_TRYLATER;
    }
    if (kind == 'e')
        return take_error(rest);
    if (kind != 'a' || rest.n < 2)
        return FAIL(ST_SYNTAX, "the server sent something unintelligible");
    *out_wrong = rest.p[0] == '1';
    buf_add(json, str_from(rest, 2));
    return ST_OK;
}

static enum st listen_to(int fd, struct admin_bar *bar, struct buf *json, bool *out_wrong)
{
    enum st st = ST_TRYLATER;
    struct buf in;

    buf_init(&in, LINE_MAX_BYTES);
    while (st == ST_TRYLATER) {
        size_t end = str_find(buf_str(&in), '\n');

        if (end == in.n) {
            st = admin_receive(fd, &in, "the server says nothing any more", "the server ended before the check did");
            st = st == ST_OK ? ST_TRYLATER : st;
            continue;
        }
        st = take_line(str_sub(buf_str(&in), 0, end), bar, json, out_wrong);
        buf_drop_front(&in, end + 1);
    }
    buf_fini(&in);
    return st;
}

enum st admin_check(struct arena *a, const char *socket_path, const struct str *words, size_t n, struct buf *json,
                    bool *out_wrong, bool *out_nobody)
{
    struct admin_answer answer = {0};
    struct admin_bar bar;
    int pair[2];
    enum st st;

    *out_nobody = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return FAIL_ERRNO("socketpair");
    buf_init(&answer.json, ADMIN_ANSWER_MAX);
    st = admin_ask(a, socket_path, words, n, STR_NONE, pair[1], &answer);
    close(pair[1]);
    *out_nobody = st == ST_NOTFOUND;
    if (st == ST_OK && answer.st != ST_OK)
        st = FAIL(answer.st, "%.*s", STR_ARGS(answer.text));
    buf_fini(&answer.json);
    if (st == ST_OK) {
        admin_bar_init(&bar, "checking");
        st = listen_to(pair[0], &bar, json, out_wrong);
        admin_bar_end(&bar);
    }
    close(pair[0]);
    return st;
}

/* --- addresses ------------------------------------------------------------------------------------------------- */

static const char *address_of(const json_t *list, const char *id)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(list, "accounts"), i, row)
    {
        const char *other = json_string_value(json_object_get(row, "id"));

        if (other && strcmp(other, id) == 0)
            return json_string_value(json_object_get(row, "address"));
    }
    return "";
}

/* The same members, in their order, with the address behind the account. */
static json_t *with_address(json_t *row, const json_t *list)
{
    json_t *fresh = json_object(), *v;
    const char *key;

    json_object_foreach(row, key, v)
    {
        json_object_set(fresh, key, v);
        if (strcmp(key, "account") == 0 && json_is_string(v))
            json_object_set_new(fresh, "address", json_string(address_of(list, json_string_value(v))));
    }
    return fresh;
}

static void name_rows(json_t *rows, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (json_object_get(json_array_get(rows, i), "account"))
            json_array_set_new(rows, i, with_address(json_array_get(rows, i), list));
}

void admin_name_accounts(struct str list, struct buf *json)
{
    json_t *o = json_loadb(json->p ? json->p : "", json->n, 0, NULL), *v;
    json_t *accounts = json_loadb(list.p ? list.p : "", list.n, 0, NULL);
    const char *key;
    char *text = NULL;

    if (o && accounts && json_is_object(o)) {
        json_object_foreach(o, key, v) if (json_is_array(v)) name_rows(v, accounts);
        text = json_dumps(o, JSON_COMPACT);
    }
    if (text) {
        json_malloc_t give;
        json_free_t take;

        buf_clear(json);
        buf_addz(json, text);
        json_get_alloc_funcs(&give, &take);
        take(text);
    }
    json_decref(o);
    json_decref(accounts);
}

static void become_lister(const char *config, int out)
{
    int null = open("/dev/null", O_RDWR);

    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl("/proc/self/exe", "restante", "account", "list", "--json", "--config", config, (char *)NULL);
    _exit(1);
}

/* By a process of its own: who opens the directory becomes the keeper's user for good. */
enum st admin_list_accounts(const char *config, struct buf *out)
{
    int text = memfd_create("accounts", MFD_CLOEXEC), status = -1;
    off_t size;
    char *to;
    pid_t pid;

    if (text < 0)
        return FAIL_ERRNO("memfd");
    pid = fork();
    if (pid == 0)
        become_lister(config, text);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    size = lseek(text, 0, SEEK_END);
    to = pid > 0 && status == 0 && size > 0 ? buf_space(out, (size_t)size) : NULL;
    if (to && pread(text, to, (size_t)size, 0) == size)
        buf_added(out, (size_t)size);
    close(text);
    return out->n ? ST_OK : FAIL(ST_NOTFOUND, "the accounts can't be listed");
}

#include "main/config_file.h"

#include "base/limits.h"
#include "imap/withhold.h"
#include "main/role.h"
#include "net/tls.h"
#include "net/tls_clients.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEM_MAX 262144 /* the keeper takes less */

static enum st read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    char *p;

    if (fd < 0)
        return FAIL_ERRNO(path);
    while ((p = buf_space(out, 4096)) && (n = read(fd, p, 4096)) > 0)
        buf_added(out, (size_t)n);
    close(fd);
    if (!p)
        return FAIL(ST_LIMIT, "%s: more than %zu bytes", path, out->max);
    return n < 0 ? FAIL_ERRNO(path) : ST_OK;
}

/* What only the TLS library can tell. A default needs no look. */
static enum st check_tls(const struct settings *set, struct config_errors *errors)
{
    struct str cipher = tls_unknown_cipher(set->tls_ciphers), group = tls_unknown_group(set->tls_groups);

    if (cipher.n)
        config_error_add(errors, config_place(set, "tls_ciphers"),
                         "tls_ciphers: OpenSSL knows no cipher suite of TLS 1.2 called \"%.*s\"; write for example "
                         "\"ECDHE+AESGCM:ECDHE+CHACHA20\", or leave the setting out",
                         (int)MIN(cipher.n, 60), cipher.p);
    if (group.n)
        config_error_add(errors, config_place(set, "tls_groups"),
                         "tls_groups: OpenSSL knows no group called \"%.*s\"; write for example "
                         "\"X25519:P-256:P-384\", or leave the setting out",
                         (int)MIN(group.n, 60), group.p);
    return errors->n ? ST_SYNTAX : ST_OK;
}

/* As the gates and the keeper will. */
static void check_client_ca(const struct config_listener *l, struct config_errors *errors)
{
    struct buf pem;

    buf_init(&pem, CLIENT_CA_MAX);
    if (read_file(l->client_ca.p, &pem) != ST_OK || tls_clients_check(buf_str(&pem)) != ST_OK)
        config_error_add(errors, l->at, "client_ca %.*s: %s", STR_ARGS(l->client_ca), err_get()->text);
    buf_fini(&pem);
}

static enum st check_clients(const struct settings *set, struct config_errors *errors)
{
    for (size_t i = 0; i < set->listener_count; i++)
        if (set->listeners[i].client_ca.n)
            check_client_ca(&set->listeners[i], errors);
    return errors->n ? ST_SYNTAX : ST_OK;
}

/* Names of capabilities that are none. */
static enum st check_imap(const struct settings *set, struct config_errors *errors)
{
    if (imap_withhold_check_rules(set->imap_withhold_clients) != ST_OK)
        config_error_add(errors, config_place(set, "imap_withhold_clients"), "imap_withhold_clients: %s",
                         err_get()->text);
    for (size_t i = 0; i < set->listener_count; i++)
        if (imap_withhold_check(set->listeners[i].imap_withhold) != ST_OK)
            config_error_add(errors, set->listeners[i].at, "imap_withhold: %s", err_get()->text);
    return errors->n ? ST_SYNTAX : ST_OK;
}

static enum st read_pair(const struct config_tls *tls)
{
    struct buf chain, key;

    buf_init(&chain, PEM_MAX);
    buf_init(&key, PEM_MAX);
    TRY(read_file(tls->certificate.p, &chain));
    TRY(read_file(tls->key.p, &key));
    return keeper_pair_check(tls, buf_str(&chain), buf_str(&key));
}

/* In a child that ends at once: no private key is ever in main's memory. What is wrong comes back through the pipe. */
NORETURN static void look_at_pair(const struct config_tls *tls, int out)
{
    if (read_pair(tls) != ST_OK) {
        const char *text = err_get()->text;

        IGNORE(write(out, text, strlen(text)) > 0);
    }
    _exit(0);
}

static void check_pair(const struct config_tls *tls, struct config_errors *errors)
{
    char text[ERR_TEXT_MAX];
    int fd[2], how = -1;
    ssize_t n = 0;
    pid_t pid;

    if (pipe2(fd, O_CLOEXEC) < 0) {
        config_error_add(errors, tls->at, "the certificate can't be checked: %s", strerror(errno));
        return;
    }
    pid = fork();
    if (pid == 0)
        look_at_pair(tls, fd[1]);
    close(fd[1]);
    if (pid > 0) {
        n = read(fd[0], text, sizeof text); /* one short write, or none */
        waitpid(pid, &how, 0);
    }
    close(fd[0]);
    if (n > 0)
        config_error_add(errors, tls->at, "%.*s", (int)n, text);
    else if (how != 0)
        config_error_add(errors, tls->at, "the certificate %.*s and its key can't be checked",
                         STR_ARGS(tls->certificate));
}

/* That each certificate can be used, with its key, is found before any role starts. */
static enum st check_pairs(const struct settings *set, struct config_errors *errors)
{
    for (size_t i = 0; i < set->tls_count; i++)
        check_pair(&set->tls[i], errors);
    return errors->n ? ST_SYNTAX : ST_OK;
}

static enum st parse_and_check(struct config_file *f, struct buf *out_complaint)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    enum st st = config_parse(buf_str(&f->text), f->path, &f->set, errors);

    if (st == ST_OK)
        st = config_check(f->set, errors);
    if (st == ST_OK)
        st = check_tls(f->set, errors);
    if (st == ST_OK)
        st = check_clients(f->set, errors);
    if (st == ST_OK)
        st = check_imap(f->set, errors);
    if (st == ST_OK)
        st = check_pairs(f->set, errors);
    if (st != ST_OK)
        config_errors_print(errors, f->path, out_complaint);
    mem_free(errors);
    return st;
}

enum st config_file_load(const char *path, struct config_file *out, struct buf *out_complaint)
{
    struct config_file f = {.path = path};
    enum st st;

    buf_init(&f.text, LIMIT_CONFIG + 4096);
    st = read_file(path, &f.text);
    if (st != ST_OK)
        buf_addf(out_complaint, "%s\n", err_get()->text);
    else
        st = parse_and_check(&f, out_complaint);
    if (st != ST_OK) {
        config_file_free(&f);
        return st;
    }
    *out = f;
    return ST_OK;
}

void config_file_free(struct config_file *f)
{
    buf_fini(&f->text);
    config_unref(f->set);
    f->set = NULL;
}

#include "main/config_file.h"

#include "base/limits.h"
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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
        return FAIL(ST_LIMIT, "%s: more than %d bytes", path, LIMIT_CONFIG);
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

static enum st parse_and_check(struct config_file *f, struct buf *out_complaint)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    enum st st = config_parse(buf_str(&f->text), f->path, &f->set, errors);

    if (st == ST_OK)
        st = config_check(f->set, errors);
    if (st == ST_OK)
        st = check_tls(f->set, errors);
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

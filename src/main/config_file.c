#include "main/config_file.h"

#include "base/limits.h"

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

static enum st parse_and_check(struct config_file *f, struct buf *out_complaint)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    enum st st = config_parse(buf_str(&f->text), f->path, &f->set, errors);

    if (st == ST_OK)
        st = config_check(f->set, errors);
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

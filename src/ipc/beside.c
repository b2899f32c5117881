/* Files beside messages. */
#include "ipc/beside.h"

#include <errno.h>
#include <unistd.h>

enum st beside_write(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FAIL_ERRNO("writing a file beside a message");
        bytes = str_from(bytes, (size_t)n);
    }
    return ST_OK;
}

enum st beside_read(int fd, uint64_t at, size_t n, char *to)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, to + done, n - done, (off_t)(at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return FAIL_ERRNO("reading a file beside a message");
        if (got == 0)
            return FAIL(ST_IO, "the file beside a message is shorter than said");
        done += (size_t)got;
    }
    return ST_OK;
}

enum st beside_take(int fd, uint64_t at, size_t n, struct arena *a, struct str *out)
{
    char *p = arena_alloc(a, n + 1);

    TRY(beside_read(fd, at, n, p));
    *out = str_n(p, n);
    return ST_OK;
}

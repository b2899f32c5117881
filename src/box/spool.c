/* Spool files: without a name from the start, so that nothing is left behind by a crash. The gate writes, the box reads. */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void box_spool_ask(struct ipc_request *r)
{
    struct box_core *c = ((struct box_peer *)r->arg)->core;
    int fd = openat(c->box->spool_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct msg_spool_answer a = {.status = (uint8_t)(fd >= 0 ? ST_OK : st_from_errno(errno))};

    if (fd < 0)
        LOG(SPOOL_FAILED, lf_z("error", strerror(errno)));
    IGNORE(ipc_answer(r, MSG_spool_answer, &a, fd));
    if (fd >= 0)
        close(fd);
}

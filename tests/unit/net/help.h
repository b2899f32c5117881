/* Pairs of streams over a local socket pair. */
#pragma once

#include "co/help.h"
#include "net/stream.h"

#include <sys/socket.h>
#include <unistd.h>

static const struct stream_options small_options = {
    .in_max = 64 * 1024, .out_high = 4096, .read_timeout_ms = 60000, .write_timeout_ms = 60000};

static void stream_pair(struct stream **a, struct stream **b)
{
    int fds[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    CHECK_ST(stream_new(fds[0], &small_options, a), ST_OK);
    CHECK_ST(stream_new(fds[1], &small_options, b), ST_OK);
}

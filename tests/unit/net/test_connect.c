/* Connecting is tried with a listener in test_listener.c; here, what goes wrong without one. */
#include "net/help.h"

#include "net/connect.c"

static void canceled(UNUSED void *arg)
{
    struct addr a = {.family = 4, .port = 9, .bytes = {127, 0, 0, 1}};
    struct stream *s = NULL;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    co_cancel(co_here());
    CHECK(stream_connect(&a, &small_options, deadline_in(1000), &s) != ST_OK);
    CHECK(!s);
    CHECK_ST(stream_new(fd, &small_options, &s), ST_OK);
    CHECK_ST(wait_connected(s, deadline_in(1000)), ST_CANCELED);
    stream_free(s);
}

TEST(cancelled_while_connecting)
{
    on_core_real(canceled, NULL);
}

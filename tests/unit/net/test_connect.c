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

/* A listener of loopback sees from where; what can't be had is said, and nothing else is taken instead. */
static void from_there(UNUSED void *arg)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct addr from = {.family = 4, .port = 25, .bytes = {127, 0, 9, 9}}, any = {0}, to, seen;
    int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
    struct stream *s = NULL;

    CHECK(bind(l, (struct sockaddr *)&in, sizeof in) == 0 && listen(l, 5) == 0);
    to = addr_of_socket(l);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_ST(stream_connect_from(i ? &any : &from, &to, &small_options, deadline_in(5000), &s), ST_OK);
        fd = accept4(l, NULL, NULL, SOCK_CLOEXEC);
        seen = addr_of_peer(fd);
        CHECK(addr_host_eq(&seen, &from) == (i == 0) && seen.port != 25 && seen.port);
        close(fd);
        stream_free(TAKE(s));
    }
    from = (struct addr){.family = 4, .bytes = {192, 0, 2, 1}};
    CHECK_ST(stream_connect_from(&from, &to, &small_options, deadline_in(5000), &s), ST_FOREIGN);
    CHECK(!s && strstr(err_get()->text, "192.0.2.1: that is no address of this machine"));
    from = (struct addr){.family = 6, .bytes = {[15] = 1}};
    CHECK_ST(stream_connect_from(&from, &to, &small_options, deadline_in(5000), &s), ST_FOREIGN); /* the other family */
    close(l);
}

TEST(an_address_to_leave_from)
{
    on_core_real(from_there, NULL);
}

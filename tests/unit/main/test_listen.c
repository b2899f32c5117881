#include "main/listen.c"

#include "test.h"

/* A port that is free just now, held by the socket. */
static int some_port(uint16_t *out_port, bool listening)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(bind(fd, (struct sockaddr *)&at, n) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    CHECK(!listening || listen(fd, 1) == 0);
    *out_port = ntohs(at.sin_port);
    return fd;
}

static const struct settings *listening_on(uint16_t port)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct arena a = ARENA_INIT;
    const struct settings *set = NULL;

    CHECK_ST(config_parse(arena_printf(&a,
                                       "host_name mail.example.test\nlistener here { protocol smtp  security none  "
                                       "address 127.0.0.1  port %u }\n",
                                       port),
                          "test", &set, errors),
             ST_OK);
    arena_fini(&a);
    mem_free(errors);
    return set;
}

TEST(a_port_in_use_is_told_with_its_address_and_place)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    const struct settings *set;
    uint16_t port;
    int fd = some_port(&port, true);

    set = listening_on(port);
    listen_check(set, errors);
    CHECK_U64(errors->n, 1);
    CHECK_U64(errors->list[0].at.line, 2);
    CHECK(strstr(errors->list[0].text, "listener here: 127.0.0.1:") && strstr(errors->list[0].text, "in use"));
    close(fd);
    *errors = (struct config_errors){0};
    listen_check(set, errors);
    CHECK_U64(errors->n, 0);
    config_unref(set);
    mem_free(errors);
}

TEST(every_gate_has_a_socket_of_its_own)
{
    struct listen_sockets s;
    const struct settings *set;
    uint16_t port;
    int fd = some_port(&port, false), conn;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    close(fd);
    set = listening_on(port);
    CHECK_ST(listen_open(set, 3, &s), ST_OK);
    CHECK_U64(s.n, 3);
    for (unsigned i = 0; i < s.n; i++) {
        int no_delay = 0;
        socklen_t n = sizeof no_delay;

        CHECK(s.v[i].gate == i && s.v[i].row == 0 && s.v[i].fd >= 0);
        CHECK(getsockopt(s.v[i].fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &n) == 0 && no_delay);
    }
    at.sin_port = htons(port);
    conn = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(conn, (struct sockaddr *)&at, sizeof at) == 0);
    close(conn);
    listen_close(&s);
    CHECK_U64(s.n, 0);
    config_unref(set);
}

TEST(what_is_not_required_is_left_out)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    const struct settings *set = NULL;
    struct arena a = ARENA_INIT;
    struct listen_sockets s;
    uint16_t port, free_port;
    int fd = some_port(&port, true), other = some_port(&free_port, false);

    CHECK_ST(config_parse(arena_printf(&a,
                                       "listener http { address 127.0.0.1  port %u }\n"
                                       "listener b { protocol smtp  address 127.0.0.1  port %u }\n",
                                       port, free_port),
                          "test", &set, errors),
             ST_OK);
    close(other);
    listen_check(set, errors);
    CHECK_U64(errors->n, 0);
    CHECK_ST(listen_open(set, 2, &s), ST_OK);
    CHECK(s.n == 2 && s.v[0].row == 1 && s.v[1].row == 1);
    listen_close(&s);
    close(fd);
    CHECK_ST(listen_open(set, 2, &s), ST_OK);
    CHECK(s.n == 4 && s.v[0].row == 0 && s.v[1].gate == 1);
    listen_close(&s);
    config_unref(set);
    mem_free(errors);
    arena_fini(&a);
}

TEST(the_control_socket_replaces_a_stale_one_and_nothing_else)
{
    char dir[] = "/tmp/test-listen-XXXXXX", path[64], longer[200];
    struct stat sb;
    int fd = -1;
    FILE *f;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/control", dir);
    CHECK_ST(listen_control(path, &fd), ST_OK);
    close(fd); /* the file stays */
    CHECK_ST(listen_control(path, &fd), ST_OK);
    CHECK(stat(path, &sb) == 0 && S_ISSOCK(sb.st_mode) && (sb.st_mode & 0777) == 0666);
    close(fd);
    unlink(path);
    f = fopen(path, "w");
    CHECK(f && fclose(f) == 0);
    CHECK_ST(listen_control(path, &fd), ST_EXISTS);
    unlink(path);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK_ST(listen_control(longer, &fd), ST_LIMIT);
    rmdir(dir);
}

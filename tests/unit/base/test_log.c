#include "test.h"

#include "base/log.c"

#include <fcntl.h>

static struct str take_all(int fd, char *p, size_t max)
{
    size_t n = 0;
    ssize_t got;

    while (n < max && (got = read(fd, p + n, max - n)) > 0)
        n += (size_t)got;
    return str_n(p, n);
}

TEST(a_line_has_its_role_session_and_escaped_values)
{
    struct log_ctx ctx = {.sid = 0xabc, .service = "imap", .action = "testing"};
    int fd[2];
    char p[4096];

    CHECK(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
    log_set_fd(fd[1]);
    log_set_role("gate/0");
    log_here = &ctx;
    LOG(ASSERT_FAILED, lf_str("what", STR("a \"b\"\n\x01")), lf_u64("line", 7));
    log_here = NULL;
    CHECK_STR(take_all(fd[0], p, sizeof p),
              STR("event=assert_failed level=error role=gate/0 sid=abc service=imap action=testing "
                  "what=\"a \\\"b\\\"\\x0a\\x01\" line=7\n"));
    log_set_level(LOG_WARN);
    LOG(SMTP_SESSION_OPENED);
    CHECK_U64(take_all(fd[0], p, sizeof p).n, 0);
    log_set_level(LOG_INFO);
    log_set_role("");
    log_set_fd(1);
    close(fd[0]);
    close(fd[1]);
}

TEST(the_id_of_a_letter_has_all_its_digits)
{
    struct log_ctx ctx = {.letter = 0xabc};
    int fd[2];
    char p[4096];

    CHECK(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
    log_set_fd(fd[1]);
    log_here = &ctx;
    LOG(ASSERT_FAILED, lf_letter(0x12));
    log_here = NULL;
    CHECK_STR(take_all(fd[0], p, sizeof p),
              STR("event=assert_failed level=error letter=0000000000000abc letter=0000000000000012\n"));
    log_set_fd(1);
    close(fd[0]);
    close(fd[1]);
}

TEST(lines_without_room_are_counted_and_told)
{
    static char all[1 << 20];
    unsigned tries = 0;
    int fd[2];
    char p[4096];

    CHECK(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
    log_set_fd(fd[1]);
    while (log_dropped() < 5 && ++tries < 100000)
        LOG(ASSERT_FAILED, lf_z("what", "much"));
    CHECK_U64(log_dropped(), 5);
    CHECK(str_ends(take_all(fd[0], all, sizeof all), STR("what=much\n")));
    LOG(ASSERT_FAILED, lf_z("what", "room"));
    CHECK_STR(take_all(fd[0], p, sizeof p), STR("event=assert_failed level=error what=room\n"
                                                "event=log_lines_dropped level=warn lines=5\n"));
    LOG(ASSERT_FAILED, lf_z("what", "more"));
    CHECK_STR(take_all(fd[0], p, sizeof p), STR("event=assert_failed level=error what=more\n"));
    CHECK_U64(log_dropped(), 5);
    log_set_fd(1);
    close(fd[0]);
    close(fd[1]);
}

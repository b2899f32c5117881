#include "transfer/read_mbox.c"

#include "test.h"

#include <sys/mman.h>

TEST(a_separator_has_a_date)
{
    int64_t t = 0;

    CHECK(is_from_line(STR("From a@b.c Thu Jan  2 03:04:05 2014\n"), &t));
    CHECK_U64((uint64_t)t, 1388631845);
    CHECK(is_from_line(STR("From - Tue Apr 29 09:12:46 2008\r\n"), &t));
    CHECK_U64((uint64_t)t, 1209460366);
    CHECK(is_from_line(STR("From \"a b\"@c Tue Apr 29 09:12 2008"), &t));
    CHECK_U64((uint64_t)t, 1209460320);
    CHECK(!is_from_line(STR("From here on"), &t));
    CHECK(!is_from_line(STR("From Tue Foo 29 09:12:46 2008"), &t));
    CHECK(!is_from_line(STR("From a Tue Apr 32 09:12:46 2008"), &t));
    CHECK(!is_from_line(STR(">From a Tue Apr 29 09:12:46 2008"), &t));
    CHECK(!is_from_line(STR("From "), &t));
}

static int file_of(struct str s)
{
    int fd = memfd_create("mbox", 0);

    CHECK(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

TEST(pieces_are_lines_or_as_much_of_them_as_fits)
{
    static char text[3 * PIECE];
    struct lines *in = MEM_NEW(struct lines);
    uint64_t done = 0;
    struct str piece;
    size_t total = 0;

    memset(text, 'x', sizeof text);
    text[0] = '\n';
    text[PIECE + 10] = '\n';
    text[PIECE + 20] = 0;
    in->fd = file_of(str_n(text, sizeof text));
    in->done = &done;
    CHECK(next_piece(in, &piece) && piece.n == 1);
    for (total = 1; next_piece(in, &piece); total += piece.n)
        CHECK(piece.n > 0 && memcmp(piece.p, text + total, piece.n) == 0);
    CHECK_U64(total, sizeof text);
    CHECK(!next_piece(in, &piece) && !in->failed);
    CHECK_U64(done, sizeof text);
    close(in->fd);
    mem_free(in);
}

TEST(only_what_export_put_in_front_is_taken_away)
{
    struct letter l = {.bytes = STR("Status: RO\nX-Status: \nX-Keywords:\nX-Keywords: own\n\nx")};

    strip(&l);
    CHECK_STR(l.bytes, STR("X-Keywords: own\n\nx"));
    l.bytes = STR("Status: RO\nX-Status: A\nSubject: x\n\n");
    strip(&l);
    CHECK_STR(l.bytes, STR("Status: RO\nX-Status: A\nSubject: x\n\n"));
    CHECK_STR(without_last_blank(STR("a\n\n\n")), STR("a\n\n"));
    CHECK_STR(without_last_blank(STR("a\r\n\n")), STR("a\r\n"));
    CHECK_STR(without_last_blank(STR("a\r\n\r\n")), STR("a\r\n"));
    CHECK_STR(without_last_blank(STR("a\n")), STR("a\n"));
}

/* The client's end of a socket pair: sends, and collects what is answered up to a line that it waits for. */
#pragma once

#include "base/buf.h"
#include "config/config.h"
#include "net/stream.h"
#include "test.h"

#include <sys/socket.h>

struct chat {
    struct stream *stream;
    struct arena arena;
};

static const struct stream_options chat_options = {
    .in_max = 1 << 20, .out_high = 16384, .read_timeout_ms = 3000000, .write_timeout_ms = 30000};

/* Makes the pair; the server's end becomes *out_server. */
static void chat_open(struct chat *c, struct stream **out_server)
{
    int fd[2];

    *c = (struct chat){0};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
    CHECK_ST(stream_new(fd[0], &chat_options, &c->stream), ST_OK);
    CHECK_ST(stream_new(fd[1], &chat_options, out_server), ST_OK);
}

static void chat_close(struct chat *c)
{
    stream_free(TAKE(c->stream));
    arena_fini(&c->arena);
}

static void chat_send(struct chat *c, const char *text)
{
    CHECK_ST(stream_write(c->stream, str_z(text)), ST_OK);
    CHECK_ST(stream_flush(c->stream), ST_OK);
}

/* All lines up to and with the first that begins with `until`; lines end in LF here. Empty `until`: up to the end. */
static struct str chat_read(struct chat *c, const char *until)
{
    struct str line, all;
    struct buf b;
    enum st st;

    buf_init(&b, 1 << 20);
    for (;;) {
        st = stream_line(c->stream, 1 << 20, &line);
        if (st != ST_OK) {
            if (until[0] || st != ST_EOF)
                buf_addf(&b, "[%s]", st_name(st));
            break;
        }
        buf_add(&b, str_sub(line, 0, line.n - 2));
        buf_addc(&b, '\n');
        if (until[0] && str_starts(line, str_z(until)))
            break;
    }
    all = arena_str(&c->arena, buf_str(&b));
    buf_fini(&b);
    return all;
}

/* Sends, and reads up to the line that begins with the first word sent. */
static struct str chat_say(struct chat *c, const char *text)
{
    struct str tag = str_z(text);

    tag.n = str_find(tag, ' ') + 1;
    chat_send(c, text);
    return chat_read(c, arena_cstr(&c->arena, tag));
}

#define SAYS(c, text, want) CHECK_STR(chat_say((c), text "\r\n"), STR(want "\n"))

static const struct settings *settings_with(struct str more)
{
    const struct settings *set = NULL;
    struct config_errors errors;
    struct buf b;

    buf_init(&b, 4096);
    buf_addz(&b, "host_name mail.example.test\n");
    buf_add(&b, more);
    CHECK_ST(config_parse(buf_str(&b), "test", &set, &errors), ST_OK);
    buf_fini(&b);
    return set;
}

static const struct settings *default_settings(void)
{
    return settings_with(STR_NONE);
}

/* Sessions over a mail room whose store is in memory, each with a client's end to talk through. */
#pragma once

#include "../mail/help.h"
#include "chat.h"

#include "co/sim.h"
#include "imap/imap.h"

struct door {
    struct chat chat;
    struct imap_session *session; /* NULL once it has ended */
    const struct settings *set;
};

static void door_ended(void *arg, struct imap_session *s)
{
    struct door *d = arg;

    CHECK(s == d->session);
    d->session = NULL;
}

/* The same with settings, which the door takes, and without capabilities. */
static void door_open_with(struct world *w, struct door *d, const char *unread, const struct settings *set,
                           const char *withhold)
{
    struct stream *server;

    *d = (struct door){.set = set};
    chat_open(&d->chat, &server);
    CHECK_ST(imap_session_new(&(struct imap_session_options){.stream = server,
                                                             .unread = str_z(unread),
                                                             .mail = w->mail,
                                                             .set = d->set,
                                                             .account = 7,
                                                             .sid = 1,
                                                             .login = STR("alice@example.test"),
                                                             .tag = STR("t"),
                                                             .peer = STR("192.0.2.1:4711"),
                                                             .is_tls = true,
                                                             .withhold = {str_z(withhold)},
                                                             .ended = door_ended,
                                                             .ended_arg = d},
                              &d->session),
             ST_OK);
    CHECK(str_starts(chat_read(&d->chat, "t "), STR("t OK [CAPABILITY IMAP4rev1 ")));
}

/* A session of account 7 whose login was just answered. */
static void door_open(struct world *w, struct door *d, const char *unread)
{
    door_open_with(w, d, unread, default_settings(), "");
}

/* Sends LOGOUT if it is still there, and waits for its end. */
static void door_close(struct door *d)
{
    if (d->session) {
        chat_send(&d->chat, "zz LOGOUT\r\n");
        CHECK(str_ends(chat_read(&d->chat, ""), STR("* BYE Logging out\nzz OK Done\n")));
    }
    for (int i = 0; i < 100 && d->session; i++)
        co_yield ();
    CHECK(d->session == NULL);
    chat_close(&d->chat);
    config_unref(d->set);
}

/* "a APPEND mailbox {n+}" with the text, lines of which end in LF here. */
static struct str append(struct door *d, const char *before, const char *text)
{
    struct buf b;
    struct str answer;

    buf_init(&b, 1 << 20);
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            buf_addc(&b, '\r');
        buf_addc(&b, *p);
    }
    char *command = arena_cstr(
        &d->chat.arena, arena_printf(&d->chat.arena, "a APPEND %s {%zu+}\r\n%.*s\r\n", before, b.n, (int)b.n, b.p));

    buf_fini(&b);
    answer = chat_say(&d->chat, command);
    return answer;
}

#define SAY(d, text, want) SAYS(&(d)->chat, text, want)

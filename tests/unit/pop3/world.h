/* Sessions over a mail room whose store is in memory, each with a client's end to talk through. */
#pragma once

#include "../imap/chat.h"
#include "../mail/help.h"

#include "base/retention.h"
#include "co/sim.h"
#include "mail/layout.h"
#include "pop3/pop3.h"

struct door {
    struct chat chat;
    struct pop3_session *session; /* NULL once it has ended */
    const struct settings *set;
};

static void door_ended(void *arg, struct pop3_session *s)
{
    struct door *d = arg;

    CHECK(s == d->session);
    d->session = NULL;
}

/* A session of account 7 whose login has just gone well. The greeting is not read. */
static void door_open(struct world *w, struct door *d, const char *settings, const struct pop3_own *own)
{
    struct stream *server;

    *d = (struct door){.set = settings_with(str_z(settings))};
    chat_open(&d->chat, &server);
    CHECK_ST(pop3_session_new(&(struct pop3_session_options){.stream = server,
                                                             .mail = w->mail,
                                                             .set = d->set,
                                                             .account = 7,
                                                             .sid = 1,
                                                             .login = STR("alice@example.test"),
                                                             .peer = STR("192.0.2.1:4711"),
                                                             .is_tls = true,
                                                             .own = *own,
                                                             .ended = door_ended,
                                                             .ended_arg = d},
                              &d->session),
             ST_OK);
}

/* The client goes, and the session with it. */
static void door_close(struct door *d)
{
    chat_close(&d->chat);
    for (int i = 0; i < 1000 && d->session; i++)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(d->session == NULL);
    config_unref(d->set);
}

/* One line, or, with `until`, lines up to that one. */
static struct str say(struct door *d, const char *line, const char *until)
{
    chat_send(&d->chat, arena_printf(&d->chat.arena, "%s\r\n", line).p);
    return chat_read(&d->chat, until);
}

#include "help.h"

#include "mail/pop3.c"

static void body(struct world *w)
{
    CHECK_U64(mail_pop3_wait_s(w->mail, 7, 60), 0);
    mail_pop3_login(w->mail, 7, 0);
    CHECK_U64(mail_pop3_wait_s(w->mail, 7, 60), 0);
    mail_pop3_login(w->mail, 7, 60);
    CHECK(mail_pop3_wait_s(w->mail, 7, 60) > 50);
    CHECK(mail_pop3_wait_s(w->mail, 7, 60) <= 60);
    CHECK_U64(mail_pop3_wait_s(w->mail, 7, 0), 0); /* the setting has changed */
    CHECK_U64(mail_pop3_wait_s(w->mail, 8, 60), 0);
    forget_old(&mail_core_here(w->mail)->pop3_logins, clock_mono_ms());
    CHECK(mail_pop3_wait_s(w->mail, 7, 60) > 50);
    forget_old(&mail_core_here(w->mail)->pop3_logins, NEVER);
    CHECK_U64(mail_pop3_wait_s(w->mail, 7, 60), 0);
}
TEST(who_has_logged_in_waits)
{
    in_world(1, body);
}

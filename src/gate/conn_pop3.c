#include "gate/gate.h"
#include "pop3/pop3.h"

enum st conn_pop3(struct conn *c)
{
    struct pop3_login_options opt = {.stream = c->stream,
                                     .kept = &c->pop3,
                                     .woke = c->woke,
                                     .set = c->set,
                                     .ops = conn_login_ops(c),
                                     .arg = c,
                                     .plaintext_auth = c->row->plaintext_auth,
                                     .offer = c->gate->pop3_offer};
    struct pop3_login_outcome out;
    enum st st = pop3_login(&opt, &out);

    if (st == ST_PARKED)
        return st;
    if (st != ST_OK) {
        LOG(LOGIN_CONNECTION_CLOSED, lf_z("reason", out.reason ? out.reason : st_text(st)));
        return st;
    }
    st = ask_session(c, &out.who, pop3_said_put(&c->arena, &c->pop3.said), STR(""));
    if (st != ST_OK && c->stream) {
        LOG(HANDOVER_FAILED, lf_z("status", st_name(st)), lf_err());
        IGNORE(pop3_login_refuse(&opt, st)); /* the connection ends either way */
    }
    return st;
}

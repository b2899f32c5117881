#include "gate/gate.h"
#include "imap/imap.h"

enum st conn_imap(struct conn *c)
{
    struct imap_login_options opt = {.stream = c->stream,
                                     .kept = &c->imap,
                                     .woke = c->woke,
                                     .set = c->set,
                                     .ops = conn_login_ops(c),
                                     .arg = c,
                                     .plaintext_auth = c->row->plaintext_auth,
                                     .withhold = c->row->imap_withhold,
                                     .stopping = c->gate->stopping};
    struct imap_login_outcome out = {0};
    enum st st = imap_login(&opt, &out);

    if (st == ST_PARKED)
        return st;
    if (st != ST_OK) {
        LOG(LOGIN_CONNECTION_CLOSED, lf_z("reason", out.reason ? out.reason : st_text(st)));
        return st;
    }
    st = ask_session(c, &out.who, out.tag_str, imap_withheld_names(&c->arena, &c->imap.withheld));
    if (st != ST_OK && c->stream) {
        LOG(HANDOVER_FAILED, lf_z("status", st_name(st)), lf_err());
        IGNORE(imap_login_refuse(&opt, out.tag_str, st)); /* the connection ends either way */
    }
    return st;
}

/* What a server says of a recipient, without a letter for him (as RFC 5321 section 3.5.3 has it, where VRFY tells nothing). */
#include "smtp/client_inside.h"

#include "base/limits.h"

bool smtp_client_is(const struct smtp_client *c, struct str name)
{
    return str_ieq(c->peer_name, name);
}

static bool can_stand(struct str address)
{
    bool can = address.n > 0 && address.n <= LIMIT_ADDRESS;

    for (size_t i = 0; can && i < address.n; i++)
        can = (unsigned char)address.p[i] >= 32 && address.p[i] != 127;
    return can;
}

enum st smtp_client_ask(struct smtp_client *c, struct arena *a, struct str address, struct smtp_answer *out)
{
    bool is_wide = !str_is_ascii(address);

    if (!can_stand(address) || (is_wide && !c->has[SMTP_HAS_SMTPUTF8]))
        return FAIL(ST_SYNTAX, "an address that can't be asked about");
    TRY(smtp_client_say(c, "MAIL FROM:<>%s", is_wide ? " SMTPUTF8" : ""));
    TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, out));
    if (out->code / 100 != 2)
        return smtp_client_refused(ST_TRYLATER, out);
    c->is_dirty = true;
    TRY(smtp_client_say(c, "RCPT TO:<%.*s>", STR_ARGS(address)));
    return smtp_client_answer(c, a, SMTP_WAIT_COMMAND, out);
}

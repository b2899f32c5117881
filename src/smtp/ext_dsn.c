/* DSN (RFC 3461): who wants to be told of what. The parameters are checked here and remembered; whoever delivers or passes the letter on heeds them. */
#include "smtp/ext.h"

#define ENVID_MAX 100 /* section 4.4 */
#define ORCPT_MAX 500 /* section 4.2 */

static bool always(const struct smtp_session *s)
{
    (void)s;
    return true;
}

static int hex(char c)
{
    return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* xtext (section 4): printable, and what is written as "+XX" is printable too. Beyond ASCII in addresses of type utf-8 (RFC 6533 section 3). */
static bool is_xtext(struct str s, bool may_be_wide)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 33 || c == 127 || c == '=' || (c > 127 && !may_be_wide))
            return false;
        if (c != '+')
            continue;
        if (i + 2 >= s.n || hex(s.p[i + 1]) < 2 || hex(s.p[i + 2]) < 0 || str_eq(str_sub(s, i + 1, 2), STR("7F")))
            return false;
        i += 2;
    }
    return s.n > 0 && str_is_utf8(s);
}

static enum st check(struct smtp_session *s, bool is_good, struct str syntax) SUSPENDS
{
    if (is_good)
        return ST_OK;
    TRY(smtp_refuse(s, SMTP_BAD_SYNTAX, syntax));
    return ST_DENIED;
}

static enum st ret(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    return check(s, str_ieq(p->value, STR("FULL")) || str_ieq(p->value, STR("HDRS")), STR("RET=FULL or RET=HDRS"));
}

static enum st envid(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    return check(s, p->value.n <= ENVID_MAX && is_xtext(p->value, false), STR("ENVID=xtext of at most 100 characters"));
}

static bool is_notify(struct str value)
{
    struct str word;

    if (str_ieq(value, STR("NEVER")))
        return true;
    while (str_split(&value, ',', &word))
        if (!str_ieq(word, STR("SUCCESS")) && !str_ieq(word, STR("FAILURE")) && !str_ieq(word, STR("DELAY")))
            return false;
    return true;
}

static enum st notify(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    return check(s, p->value.n && p->value.n <= ORCPT_MAX && is_notify(p->value),
                 STR("NOTIFY=NEVER, or a list of SUCCESS, FAILURE, DELAY"));
}

static bool is_atom(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return s.n > 0;
}

static enum st orcpt(struct smtp_session *s, const struct smtp_param *p) SUSPENDS
{
    size_t semicolon = str_find(p->value, ';');
    struct str type = str_sub(p->value, 0, semicolon);
    bool is_wide = s->txn.utf8 && str_ieq(type, STR("utf-8"));

    return check(s,
                 p->value.n <= ORCPT_MAX && semicolon < p->value.n && is_atom(type) &&
                     is_xtext(str_from(p->value, semicolon + 1), is_wide),
                 STR("ORCPT=type;xtext of at most 500 characters"));
}

const struct smtp_ext smtp_ext_dsn = {.keyword = "DSN",
                                      .offered = always,
                                      .mail = {{"RET", ret, true}, {"ENVID", envid, true}},
                                      .rcpt = {{"NOTIFY", notify, true}, {"ORCPT", orcpt, true}}};

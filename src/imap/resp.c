#include "imap/resp.h"
#include "imap/lexer.h"
#include "imap/states.h"
#include "mime/mutf7.h"

#define QUOTED_MAX 1000 /* longer strings go as literals: clients with small line buffers like them better */

static bool is_quotable(const struct imap_conn *c, struct str s)
{
    bool ascii = true;

    if (s.n > QUOTED_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
        ascii &= !(s.p[i] & 0x80);
    }
    return ascii || (c->utf8 && str_is_utf8(s));
}

static void put_quoted(struct imap_conn *c, struct str s) SUSPENDS
{
    char *p = imap_room(c, 2 * s.n + 2);

    *p++ = '"';
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            *p++ = '\\';
        *p++ = s.p[i];
    }
    *p++ = '"';
    imap_wrote(c, p);
}

void imap_put_literal(struct imap_conn *c, struct str s)
{
    char *p = imap_room(c, 32);

    *p++ = '{';
    p = imap_digits(p, s.n);
    memcpy(p, "}\r\n", 3);
    imap_wrote(c, p + 3);
    imap_put(c, s);
}

void imap_put_nstring(struct imap_conn *c, struct str s)
{
    if (!s.p)
        imap_put(c, STR("NIL"));
    else if (is_quotable(c, s))
        put_quoted(c, s);
    else
        imap_put_literal(c, s);
}

void imap_put_astring(struct imap_conn *c, struct str s)
{
    if (imap_is_atom(s) && !str_ieq(s, STR("NIL")))
        imap_put(c, s);
    else
        imap_put_nstring(c, s.p ? s : STR(""));
}

void imap_put_mailbox(struct imap_conn *c, struct str name)
{
    struct arena a = ARENA_INIT;
    struct str sent;

    /* The mail room keeps only names that are UTF-8; should one not be, its bytes go out as they are. */
    if (c->utf8 || (str_is_ascii(name) && str_find(name, '&') == name.n) || mutf7_encode(&a, name, &sent) != ST_OK)
        sent = name;
    imap_put_astring(c, sent);
    arena_fini(&a);
}

void imap_put_capabilities(struct imap_conn *c, unsigned state, const struct imap_withheld *withheld)
{
    bool plus = !imap_is_withheld(withheld, STR("LITERAL+"));

    /* RFC 7888 section 5: one of LITERAL+ and LITERAL- */
#define CAP(name, states, reference)                                                                                   \
    if (state & (states) && !imap_is_withheld(withheld, STR(name)) && !(plus && strcmp(name, "LITERAL-") == 0))        \
        imap_put(c, STR(" " name));
#include "imap/capabilities.def"
#undef CAP
}

void imap_put_status(struct imap_conn *c, struct str tag, const char *cond, struct str code, struct str text)
{
    imap_put(c, tag);
    imap_put(c, STR(" "));
    imap_putz(c, cond);
    if (code.n) {
        imap_put(c, STR(" ["));
        imap_put(c, code);
        imap_put(c, STR("]"));
    }
    text = str_sub(text, 0, QUOTED_MAX);
    char *p = imap_room(c, text.n + 5);

    *p++ = ' ';
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];

        if (ch < ' ' || ch > '~')
            ch = '?';
        else if (i == 0 && ch == '[') /* it would read as a response code */
            ch = '(';
        *p++ = ch;
    }
    if (text.n == 0)
        *p++ = '-';
    *p++ = '\r';
    *p++ = '\n';
    imap_wrote(c, p);
}

#include "mime/gist.h"
#include "mime/utf8.h"

enum kind { SEEN, BLANK, JOINER, UNSEEN };

/* Besides controls that is what senders fill the first lines of advertisements with, and marks that turn the direction of
 * what follows, for which a list of letters is no place. Joiners are letters of Persian, or hold an emoji together: they
 * stay between characters. */
static enum kind kind_of(uint32_t c)
{
    if (c <= ' ')
        return c == ' ' || (c >= '\t' && c <= '\r') ? BLANK : UNSEEN;
    if (c < 0x7f)
        return SEEN;
    if (c <= 0xa0)
        return c == 0x85 || c == 0xa0 ? BLANK : UNSEEN;
    switch (c) {
    case 0xad:   /* soft hyphen */
    case 0x34f:  /* combining grapheme joiner */
    case 0x61c:  /* Arabic letter mark */
    case 0x115f: /* Hangul fillers */
    case 0x1160:
    case 0x3164:
    case 0xffa0:
    case 0x180e:
    case 0xfeff: return UNSEEN;
    case 0x1680:
    case 0x202f:
    case 0x205f:
    case 0x2800: /* Braille without dots */
    case 0x3000: return BLANK;
    case 0x200c:
    case 0x200d: return JOINER;
    }
    if (c >= 0x2000 && c <= 0x200a)
        return BLANK;
    if (c == 0x2028 || c == 0x2029)
        return BLANK;
    if ((c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f))
        return UNSEEN;
    return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) ? UNSEEN : SEEN;
}

void gist_back(struct gist *g, struct gist_mark m)
{
    g->out->n = m.n;
    g->chars = m.chars;
    g->space = m.space;
}

void gist_put(struct gist *g, uint32_t c)
{
    enum kind kind = kind_of(c);

    if (kind == BLANK)
        g->space = g->chars > 0;
    if (kind == BLANK || kind == UNSEEN || (kind == JOINER && (g->space || !g->chars)))
        return;
    if (g->space && g->most - g->chars < 2) /* a blank that nothing follows is none */
        g->chars = g->most;
    if (gist_is_full(g))
        return;
    if (g->space) {
        buf_addc(g->out, ' ');
        g->chars++;
        g->space = false;
    }
    utf8_put(g->out, c);
    g->chars++;
}

void gist_puts(struct gist *g, struct str utf8)
{
    for (size_t at = 0; at < utf8.n && !gist_is_full(g);) {
        size_t len = utf8_len(utf8, at);

        if (len && len <= utf8.n - at)
            gist_put(g, utf8_get(utf8, at, len));
        at += MAX(len, (size_t)1);
    }
}

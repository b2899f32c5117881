/* Encoded words. Bytes of neighbours in the same character set are put together before they are
 * converted, because many senders split within a character. */
#include "mime/encword.h"
#include "mime/charset.h"
#include "mime/decode.h"

struct word {
    struct str charset, text;
    bool base64;
    size_t end; /* behind the word */
};

/* An encoded word that starts at `at`. */
static bool read_word(struct str s, size_t at, struct word *out)
{
    struct str rest = str_from(s, at + 2);
    size_t charset_n = str_find(rest, '?'), text_n;

    if (s.p[at] != '=' || at + 1 >= s.n || s.p[at + 1] != '?' || charset_n == 0 || charset_n + 3 > rest.n ||
        rest.p[charset_n + 2] != '?')
        return false;
    for (size_t i = 0; i < charset_n; i++)
        if (rest.p[i] <= ' ' || rest.p[i] == '=')
            return false;
    out->charset = str_sub(rest, 0, charset_n);
    out->charset.n = str_find(out->charset, '*'); /* RFC 2231 5: a language may follow */
    out->base64 = ascii_lower(rest.p[charset_n + 1]) == 'b';
    if (!out->base64 && ascii_lower(rest.p[charset_n + 1]) != 'q')
        return false;
    rest = str_from(rest, charset_n + 3);
    for (text_n = 0; text_n + 1 < rest.n; text_n++) {
        text_n += str_find(str_from(rest, text_n), '?');
        if (text_n + 1 < rest.n && rest.p[text_n + 1] == '=') {
            out->text = str_n(rest.p, text_n);
            out->end = (size_t)(rest.p - s.p) + text_n + 2;
            return true;
        }
    }
    return false;
}

static void decode_word(const struct word *w, struct buf *out)
{
    struct mime_decoder d;

    if (!w->base64) {
        mime_decode_q(w->text, out);
        return;
    }
    mime_decoder_init(&d, MIME_BASE64);
    mime_decode_feed(&d, w->text, out);
}

/* The words from `w` on that stand together; gives the index behind the last. */
static size_t decode_run(struct str s, struct word w, struct buf *raw, struct buf *out)
{
    for (;;) {
        const struct charset *cs = charset_find(w.charset);
        struct word next;
        size_t at = w.end;
        bool more;

        decode_word(&w, raw);
        while (at < s.n && ascii_is_space(s.p[at]))
            at++;
        more = at < s.n && read_word(s, at, &next);
        if (!more || charset_find(next.charset) != cs) {
            charset_to_utf8(cs, buf_str(raw), out);
            buf_clear(raw);
        }
        if (!more)
            return w.end;
        w = next;
    }
}

struct str mime_encword_decode(struct arena *a, struct str text)
{
    struct buf raw, out;
    struct str got;
    size_t at = 0;

    if (str_search(text, STR("=?")) == text.n && str_is_ascii(text))
        return text;
    /* A byte of an encoded word gives at most three bytes of UTF-8 (windows-1252, U+FFFD). */
    buf_init(&raw, text.n + 64);
    buf_init(&out, text.n * 4 + 64);
    while (at < text.n) {
        struct str rest = str_from(text, at);
        size_t plain = str_search(rest, STR("=?"));
        struct word w;

        charset_to_utf8(NULL, str_n(rest.p, plain), &out);
        at += plain;
        if (at == text.n)
            break;
        if (read_word(text, at, &w)) {
            at = decode_run(text, w, &raw, &out);
        } else {
            buf_addz(&out, "=?");
            at += 2;
        }
    }
    got = arena_str(a, buf_str(&out));
    buf_fini(&raw);
    buf_fini(&out);
    return got;
}

#include "pop3/ascii_header.h"

#include "base/codec.h"

#include <string.h>

#define NOBODY "invalid@internationalized-address.invalid"
#define WORD_BYTES 45 /* 60 letters in base64: an encoded word has 75 at most */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_special(char c)
{
    return is_blank(c) || strchr("<>(),;:\"", c) != NULL;
}

/* Encoded words of whole characters. */
static void add_words(struct str text, struct buf *out)
{
    for (size_t at = 0, n; at < text.n; at += n) {
        n = MIN(text.n - at, (size_t)WORD_BYTES);
        while (at + n < text.n && ((unsigned char)text.p[at + n] & 0xc0) == 0x80)
            n--;
        buf_addz(out, at ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        base64_encode(out, str_sub(text, at, n));
        buf_addz(out, "?=");
    }
}

/* Up to where a special character stands. */
static size_t atom_at(struct str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] && !is_special(s.p[n]))
        n++;
    return MAX(n, (size_t)1);
}

/* A run of atoms with single spaces between that are all to be encoded: they decode to the same spaces. */
static size_t run_at(struct str s)
{
    size_t n = atom_at(s), next;

    while (n + 1 < s.n && s.p[n] == ' ' && !is_special(s.p[n + 1])) {
        next = atom_at(str_from(s, n + 1));
        if (str_is_ascii(str_sub(s, n + 1, next)) || str_find(str_sub(s, n + 1, next), '@') < next)
            break;
        n += 1 + next;
    }
    return n;
}

/* Behind the closing quote; 1 when there is none: then it is a letter like others. */
static size_t quoted_at(struct str s)
{
    for (size_t n = 1; n < s.n; n++) {
        if (s.p[n] == '\\')
            n++;
        else if (s.p[n] == '"')
            return n + 1;
    }
    return 1;
}

static void add_quoted(struct str s, struct buf *out)
{
    struct buf plain;

    if (str_is_ascii(s)) {
        buf_add(out, s);
        return;
    }
    buf_init(&plain, s.n);
    for (size_t i = 1; i + 1 < s.n; i++)
        if (s.p[i] != '\\' && s.p[i] != '\r' && s.p[i] != '\n')
            buf_addc(&plain, s.p[i]);
    add_words(buf_str(&plain), out); /* no quotes around these (RFC 2047 section 5) */
    buf_fini(&plain);
}

static size_t add_atom(struct str s, struct buf *out)
{
    size_t n = atom_at(s);

    if (str_is_ascii(str_sub(s, 0, n))) {
        buf_add(out, str_sub(s, 0, n));
        return n;
    }
    if (str_find(str_sub(s, 0, n), '@') < n) {
        buf_addz(out, NOBODY);
        return n;
    }
    n = run_at(s);
    add_words(str_sub(s, 0, n), out);
    return n;
}

static void add_value(struct str value, struct buf *out)
{
    for (size_t n; value.n; value = str_from(value, n)) {
        n = value.p[0] == '"' ? quoted_at(value) : 1;
        if (n > 1)
            add_quoted(str_sub(value, 0, n), out);
        else if (is_special(value.p[0]))
            buf_addc(out, value.p[0]);
        else
            n = add_atom(value, out);
    }
}

/* "; name=value", up to the next one. */
static size_t parameter_at(struct str s)
{
    size_t n = 1;

    while (n < s.n && s.p[n] != ';')
        n += s.p[n] == '"' ? quoted_at(str_from(s, n)) : 1;
    return MIN(n, s.n);
}

static void add_parameters(struct str value, struct buf *out)
{
    struct str body = value;
    size_t n;

    while (body.n && is_blank(body.p[body.n - 1]))
        body.n--;
    for (; body.n; body = str_from(body, n)) {
        n = parameter_at(body);
        if (str_is_ascii(str_sub(body, 0, n)))
            buf_add(out, str_sub(body, 0, n));
    }
    buf_addz(out, "\r\n");
}

/* Behind its last line. */
static size_t field_at(struct str s)
{
    size_t n = 0;

    do
        n = MIN(n + str_find(str_from(s, n), '\n') + 1, s.n);
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'));
    return n;
}

static void add_field(struct str field, struct buf *out)
{
    size_t colon = str_find(field, ':');

    if (str_is_ascii(field) || !str_is_utf8(field)) {
        buf_add(out, field);
        return;
    }
    if (!str_is_ascii(str_sub(field, 0, colon)) || colon == field.n)
        return; /* RFC 6858 section 2.4 */
    buf_add(out, str_sub(field, 0, colon + 1));
    if (str_istarts(field, STR("Content-")))
        add_parameters(str_from(field, colon + 1), out);
    else
        add_value(str_from(field, colon + 1), out);
}

bool ascii_header_is_due(struct str header)
{
    bool came_otherwise = false;

    if (str_is_ascii(header) || !str_is_utf8(header))
        return false;
    for (size_t n; header.n; header = str_from(header, n)) {
        struct str field;

        n = field_at(header);
        field = str_sub(header, 0, n);
        if (!str_istarts(field, STR("Received:")))
            continue;
        if (str_search(field, STR("with UTF8")) < field.n)
            return true;
        came_otherwise = true;
    }
    return !came_otherwise;
}

void ascii_header_make(struct str header, struct buf *out)
{
    for (size_t n; header.n; header = str_from(header, n)) {
        n = field_at(header);
        add_field(str_sub(header, 0, n), out);
    }
}

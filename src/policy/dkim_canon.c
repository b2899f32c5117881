#include "policy/dkim_canon.h"

#include "base/must.h"

#include <openssl/evp.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* --- fields ------------------------------------------------------------------------------------------------------ */

void dkim_relaxed_field(struct buf *out, struct str name, struct str value)
{
    bool space = false, filled = false;

    for (size_t i = 0; i < name.n; i++)
        buf_addc(out, ascii_lower(name.p[i]));
    buf_addc(out, ':');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\r' && i + 1 < value.n && value.p[i + 1] == '\n') {
            i++;
        } else if (is_blank(value.p[i])) {
            space = true;
        } else {
            if (space && filled)
                buf_addc(out, ' ');
            buf_addc(out, value.p[i]);
            space = false;
            filled = true;
        }
    }
}

/* --- the body ---------------------------------------------------------------------------------------------------- */

static void flush(struct dkim_body *b)
{
    must(EVP_DigestUpdate(b->md, b->out, b->n) == 1);
    b->n = 0;
}

static void put(struct dkim_body *b, const char *p, size_t n)
{
    if (n > sizeof(b->out) - b->n)
        flush(b);
    if (n > sizeof(b->out)) {
        must(EVP_DigestUpdate(b->md, p, n) == 1);
        return;
    }
    memcpy(b->out + b->n, p, n);
    b->n += n;
}

/* Bytes that stay as they are: what waited for some comes before them. */
static void content(struct dkim_body *b, const char *p, size_t n)
{
    for (; b->empty_lines; b->empty_lines--)
        put(b, "\r\n", 2);
    if (b->space)
        put(b, " ", 1);
    b->space = false;
    b->filled = true;
    put(b, p, n);
}

static void end_line(struct dkim_body *b)
{
    if (b->filled)
        put(b, "\r\n", 2);
    else
        b->empty_lines++;
    b->space = b->filled = false;
}

void dkim_body_begin(struct dkim_body *b)
{
    b->md = EVP_MD_CTX_new();
    b->empty_lines = 0;
    b->space = b->cr = b->filled = false;
    b->n = 0;
    must(b->md && EVP_DigestInit_ex(b->md, EVP_sha256(), NULL) == 1);
}

void dkim_body_add(struct dkim_body *b, struct str piece)
{
    size_t i = 0;

    while (i < piece.n) {
        size_t from = i;

        if (b->cr) {
            b->cr = false;
            if (piece.p[i] == '\n') {
                end_line(b);
                i++;
                continue;
            }
            content(b, "\r", 1);
        }
        while (i < piece.n && !is_blank(piece.p[i]) && piece.p[i] != '\r')
            i++;
        if (i > from)
            content(b, piece.p + from, i - from);
        if (i == piece.n)
            break;
        if (piece.p[i] == '\r')
            b->cr = true;
        else
            b->space = true;
        i++;
    }
}

void dkim_body_end(struct dkim_body *b, unsigned char hash[DKIM_HASH])
{
    if (b->cr)
        content(b, "\r", 1);
    if (b->filled)
        end_line(b);
    flush(b);
    if (hash)
        must(EVP_DigestFinal_ex(b->md, hash, NULL) == 1);
    EVP_MD_CTX_free(b->md);
    b->md = NULL;
}

void dkim_sha256(struct str bytes, unsigned char hash[DKIM_HASH])
{
    must(EVP_Digest(bytes.n ? bytes.p : "", bytes.n, hash, NULL, EVP_sha256(), NULL) == 1);
}

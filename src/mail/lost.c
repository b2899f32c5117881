/* Reads the ready-made ENVELOPE (RFC 9051 7.5.2) of a letter's record back into header fields. The record comes from the disk: what does
 * not fit is left out, and no line ends get into a field. */
#include "mail/lost.h"

#include "mime/header.h"

#define FIELD_MOST 2000
#define SHOWN_MOST 120
#define DEPTH_MOST 4

enum { DATE, SUBJECT, FROM, SENDER, REPLY_TO, TO, CC, BCC, IN_REPLY_TO, MESSAGE_ID, FIELDS };

struct reader {
    struct arena *a;
    struct str left;
};

static void skip_spaces(struct reader *r)
{
    while (r->left.n && r->left.p[0] == ' ')
        r->left = str_from(r->left, 1);
}

static bool take(struct reader *r, char c)
{
    if (!r->left.n || r->left.p[0] != c)
        return false;
    r->left = str_from(r->left, 1);
    return true;
}

/* As one line. */
static struct str cleaned(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        p[i] = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' : s.p[i];
    return str_n(p, s.n);
}

static bool take_quoted(struct reader *r, struct str *out)
{
    char *p = arena_alloc(r->a, r->left.n + 1);
    size_t n = 0, i = 0;

    for (; i < r->left.n && r->left.p[i] != '"'; i++) {
        i += r->left.p[i] == '\\' && i + 1 < r->left.n;
        p[n++] = r->left.p[i];
    }
    if (i == r->left.n)
        return false;
    r->left = str_from(r->left, i + 1);
    *out = cleaned(r->a, str_n(p, n));
    return true;
}

static bool take_literal(struct reader *r, struct str *out)
{
    size_t end = str_find(r->left, '}');
    uint64_t n;

    if (end + 3 > r->left.n || str_u64(str_sub(r->left, 0, end), r->left.n, &n) != ST_OK || n > r->left.n - end - 3)
        return false;
    *out = cleaned(r->a, str_sub(r->left, end + 3, n));
    r->left = str_from(r->left, end + 3 + n);
    return true;
}

/* A string or NIL, which is empty. */
static bool take_string(struct reader *r, struct str *out)
{
    skip_spaces(r);
    *out = STR("");
    if (take(r, '"'))
        return take_quoted(r, out);
    if (take(r, '{'))
        return take_literal(r, out);
    if (!str_starts(r->left, STR("NIL")))
        return false;
    r->left = str_from(r->left, 3);
    return true;
}

/* A phrase (RFC 5322 3.2.5): quoted, unless it is an encoded word, which must not be. */
static void add_name(struct buf *b, struct str name)
{
    if (str_starts(name, STR("=?"))) {
        buf_add(b, name);
    } else {
        buf_addc(b, '"');
        for (size_t i = 0; i < name.n; i++) {
            if (name.p[i] == '"' || name.p[i] == '\\')
                buf_addc(b, '\\');
            buf_addc(b, name.p[i]);
        }
        buf_addc(b, '"');
    }
    buf_addc(b, ' ');
}

/* (name route mailbox host); groups are left out. */
static bool take_address(struct reader *r, struct buf *b)
{
    struct str part[4];

    skip_spaces(r);
    if (!take(r, '('))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        if (!take_string(r, &part[i]))
            return false;
    skip_spaces(r);
    if (!take(r, ')'))
        return false;
    if (!part[2].n || !part[3].n || b->n + part[0].n + part[2].n + part[3].n > FIELD_MOST)
        return true;
    if (b->n)
        buf_add(b, STR(", "));
    if (part[0].n)
        add_name(b, part[0]);
    buf_addf(b, "<%.*s@%.*s>", STR_ARGS(part[2]), STR_ARGS(part[3]));
    return true;
}

static bool take_addresses(struct reader *r, struct str *out)
{
    struct buf b;
    bool ok = true;

    skip_spaces(r);
    if (!take(r, '('))
        return take_string(r, out);
    buf_init(&b, 4 * FIELD_MOST);
    while (ok && !take(r, ')'))
        ok = take_address(r, &b);
    *out = arena_str(r->a, buf_str(&b));
    buf_fini(&b);
    return ok;
}

static void read_envelope(struct arena *a, const struct email *e, struct str out[FIELDS])
{
    struct reader r = {a, e->rec.envelope};
    bool ok = take(&r, '(');

    for (int i = 0; i < FIELDS; i++)
        out[i] = STR("");
    for (int i = 0; ok && i < FIELDS; i++)
        ok = i >= FROM && i <= BCC ? take_addresses(&r, &out[i]) : take_string(&r, &out[i]);
}

static struct str shown(struct arena *a, struct str field)
{
    return str_sub(cleaned(a, mime_unfold_decoded(a, field)), 0, SHOWN_MOST);
}

struct str lost_subject(struct arena *a, const struct email *e)
{
    struct str field[FIELDS];

    read_envelope(a, e, field);
    return shown(a, field[SUBJECT]);
}

struct str lost_sender(struct arena *a, const struct email *e)
{
    struct str field[FIELDS];

    read_envelope(a, e, field);
    return shown(a, field[FROM]);
}

struct str lost_letter(struct arena *a, const struct email *e, struct str file)
{
    static const char *const names[FIELDS] = {"Date", "Subject", "From", "Sender",      "Reply-To",
                                              "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};
    struct str field[FIELDS], letter;
    struct buf b;

    read_envelope(a, e, field);
    buf_init(&b, LIMIT_HEADER);
    for (int i = 0; i < FIELDS; i++)
        if (field[i].n && field[i].n <= 2 * FIELD_MOST)
            buf_addf(&b, "%s: %.*s\r\n", names[i], STR_ARGS(field[i]));
    buf_addf(&b,
             "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
             "[This text stands here in place of a letter that was lost.]\r\n\r\n"
             "The bytes of the letter were damaged on the disk of the mail server, and could not be read any more.\r\n"
             "What the server still knew of it stands in the header above; it had %llu bytes.\r\n"
             "The person who looks after the server has put this text here (restante check --repair).\r\n"
             "If there is a backup, the letter can be brought back from it.\r\n",
             (unsigned long long)e->size);
    if (file.n)
        buf_addf(&b, "The damaged bytes are kept on the server, in %.*s.\r\n", STR_ARGS(file));
    letter = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return letter;
}

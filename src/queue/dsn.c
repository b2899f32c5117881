/* A notice: text for people, the report for programs (RFC 3464), and the letter's header, or all of it (RFC 3461 section 4.3). With an
 * address beyond ASCII in it, the report is of the international kind (RFC 6533). */
#include "queue/dsn.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/envelope.h"
#include "base/limits.h"
#include "base/random.h"
#include "mime/header.h"
#include "mime/lines.h"
#include "mime/narrow.h"

#define HEADER_MAX 65536u /* of a header that comes back */
#define LINE_WANTED 900   /* folded above this: RFC 5322 section 2.1.1 allows 998 */
#define ID_MAX 900        /* of the letter's Message-ID */
#define LANGUAGES 2       /* of enum config_language */

enum text_id {
#define TEXT(id, en, zh) TEXT_##id,
#include "queue/texts.def"
#undef TEXT
    TEXTS
};

static const struct str texts[TEXTS][LANGUAGES] = {
#define TEXT(id, en, zh) [TEXT_##id] = {[LANGUAGE_EN] = {en, sizeof(en) - 1}, [LANGUAGE_ZH] = {zh, sizeof(zh) - 1}},
#include "queue/texts.def"
#undef TEXT
};

static const struct {
    struct str action;
    enum text_id subject, text;
} kinds[] = {
    [DSN_FAILED] = {STR("failed"), TEXT_SUBJECT_FAILED, TEXT_FAILED},
    [DSN_DELAYED] = {STR("delayed"), TEXT_SUBJECT_DELAYED, TEXT_DELAYED},
    [DSN_LATE] = {STR("delayed"), TEXT_SUBJECT_LATE, TEXT_LATE},
    [DSN_DELIVERED] = {STR("delivered"), TEXT_SUBJECT_DELIVERED, TEXT_DELIVERED},
    [DSN_RELAYED] = {STR("relayed"), TEXT_SUBJECT_RELAYED, TEXT_RELAYED},
    [DSN_EXPANDED] = {STR("expanded"), TEXT_SUBJECT_EXPANDED, TEXT_EXPANDED},
};

static bool is_8bit(struct str s)
{
    return !str_is_ascii(s);
}

/* Addresses beyond ASCII can only stand in a report of the international kind. */
static bool is_international(const struct dsn *d)
{
    for (size_t i = 0; i < d->n_rcpts; i++)
        if (is_8bit(d->rcpts[i].rcpt->address))
            return true;
    return is_8bit(d->entry->reverse_path);
}

/* --- pieces of text ---------------------------------------------------------------------------------------------- */

/* What a server said, in one field: line ends become folds, what is not ASCII "?". */
static void add_folded(struct buf *b, struct str text)
{
    size_t line = 0;

    for (size_t i = 0; i < text.n; i++, line++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c == '\n' || (c == ' ' && line > LINE_WANTED / 2) || line > LINE_WANTED) {
            buf_addz(b, "\r\n  ");
            line = 0;
            if (c == '\n' || c == ' ')
                continue;
        }
        buf_addc(b, c < 32 || c > 126 ? '?' : text.p[i]);
    }
}

/* xtext (RFC 3461 section 4) as it was meant; what would not be text in a field becomes "?". */
static void add_xtext(struct buf *b, struct str x)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < x.n; i++) {
        char c = x.p[i];
        const char *high = c == '+' && i + 2 < x.n && x.p[i + 1] ? strchr(digits, x.p[i + 1]) : NULL;
        const char *low = high && x.p[i + 2] ? strchr(digits, x.p[i + 2]) : NULL;

        if (low) {
            c = (char)((high - digits) << 4 | (low - digits));
            i += 2;
        }
        buf_addc(b, c < 32 || c == 127 ? '?' : c);
    }
}

static void add_field(struct buf *b, const char *name, struct str value)
{
    buf_addf(b, "%s: ", name);
    add_folded(b, value);
    buf_addz(b, "\r\n");
}

static void add_date(struct buf *b, struct arena *a, const char *name, uint64_t wall_us)
{
    add_field(b, name, time_rfc5322(a, wall_us));
}

/* --- the parts --------------------------------------------------------------------------------------------------- */

static bool has(const struct dsn *d, enum dsn_action action)
{
    for (size_t i = 0; i < d->n_rcpts; i++)
        if (d->rcpts[i].action == action)
            return true;
    return false;
}

static enum dsn_action main_action(const struct dsn *d)
{
    enum dsn_action action = DSN_FAILED;

    while (action < DSN_ACTIONS - 1 && !has(d, action))
        action++;
    return action;
}

/* --- what people read ---------------------------------------------------------------------------------------------- */

static void add_text(const struct dsn *d, enum text_id id, struct str arg, struct buf *b)
{
    struct str text = texts[id][d->language];
    size_t at = str_search(text, STR("%s"));

    buf_add(b, str_sub(text, 0, at));
    if (at < text.n)
        buf_add(b, arg);
    buf_add(b, str_from(text, at + 2));
}

/* In a header: encoded words (RFC 2047) of whole characters where it is not ASCII. */
void dsn_add_words(struct str text, struct buf *b)
{
    for (size_t at = 0, n; at < text.n; at += n) {
        n = MIN(text.n - at, (size_t)45); /* 60 letters in base64: a word has 75 at most */
        if (str_is_ascii(text)) {
            buf_add(b, text);
            return;
        }
        while (at + n < text.n && ((unsigned char)text.p[at + n] & 0xc0) == 0x80)
            n--;
        buf_addz(b, at ? "\r\n =?utf-8?B?" : "=?utf-8?B?");
        base64_encode(b, str_sub(text, at, n));
        buf_addz(b, "?=");
    }
}

static void add_people_rcpt(const struct dsn *d, const struct dsn_rcpt *r, struct buf *b)
{
    buf_addf(b, "\r\n  <%.*s>\r\n", STR_ARGS(r->rcpt->address));
    if (!r->answer.n)
        return;
    if (r->is_remote && r->host.n) {
        buf_addz(b, "    ");
        add_text(d, TEXT_SAID, r->host, b);
        buf_addz(b, "\r\n");
    }
    buf_addz(b, "    ");
    add_folded(b, r->answer);
    buf_addz(b, "\r\n");
}

static void add_for_people(const struct dsn *d, struct arena *a, struct buf *b)
{
    struct str arrival = time_rfc5322(a, d->entry->arrival_us);

    add_text(d, TEXT_SERVER, d->host_name, b);
    for (enum dsn_action action = DSN_FAILED; action < DSN_ACTIONS; action++) {
        if (!has(d, action))
            continue;
        buf_addz(b, "\r\n\r\n");
        add_text(d, TEXT_LETTER_OF, arrival, b);
        buf_addz(b, "\r\n");
        add_text(d, kinds[action].text, STR_NONE, b);
        buf_addz(b, "\r\n");
        for (size_t i = 0; i < d->n_rcpts; i++)
            if (d->rcpts[i].action == action)
                add_people_rcpt(d, &d->rcpts[i], b);
    }
    buf_addz(b, "\r\n");
    if (has(d, DSN_DELAYED)) {
        add_text(d, TEXT_GIVEN_UP, time_rfc5322(a, d->rcpts[0].retry_until_us), b);
        buf_addz(b, "\r\n\r\n");
    }
    add_text(d, TEXT_DETAILS, STR_NONE, b);
    buf_addz(b, "\r\n");
}

/* --- what programs read -------------------------------------------------------------------------------------------- */

/* The class must fit the action: 5 for failed, 4 for delayed, 2 for the others (RFC 3464 section 2.3.4). An expired letter has failed for a reason of class 4 (section 2.3.3). */
static void add_status(const struct dsn_rcpt *r, struct buf *b)
{
    static const char class_of[] = {[DSN_FAILED] = '5',    [DSN_DELAYED] = '4', [DSN_LATE] = '4',
                                    [DSN_DELIVERED] = '2', [DSN_RELAYED] = '2', [DSN_EXPANDED] = '2'};
    bool fits = r->status.n &&
                (r->status.p[0] == class_of[r->action] || (r->action == DSN_FAILED && str_eq(r->status, STR("4.4.7"))));

    buf_addz(b, "Status: ");
    if (fits)
        buf_add(b, r->status);
    else
        buf_addf(b, "%c.0.0", class_of[r->action]);
    buf_addz(b, "\r\n");
}

static void add_report_rcpt(const struct dsn *d, const struct dsn_rcpt *r, struct arena *a, struct buf *b)
{
    struct str original = queue_attr_get(r->rcpt->attrs, r->rcpt->n_attrs, STR("ORCPT"));

    buf_addz(b, "\r\n");
    if (original.n) {
        buf_addz(b, "Original-Recipient: ");
        add_xtext(b, original);
        buf_addz(b, "\r\n");
    }
    buf_addf(b, "Final-Recipient: %s; %.*s\r\n", is_8bit(r->rcpt->address) ? "utf-8" : "rfc822",
             STR_ARGS(r->rcpt->address));
    buf_addf(b, "Action: %.*s\r\n", STR_ARGS(kinds[r->action].action));
    add_status(r, b);
    if (r->is_remote && r->host.n) {
        buf_addz(b, "Remote-MTA: dns; ");
        add_folded(b, r->host);
        buf_addz(b, "\r\n");
    }
    if (r->answer.n) {
        buf_addf(b, "Diagnostic-Code: %s; ", r->is_remote ? "smtp" : "x-restante");
        add_folded(b, r->answer);
        buf_addz(b, "\r\n");
    }
    if (!r->is_untried) /* RFC 3464 section 2.3.7: not where the time is not known */
        add_date(b, a, "Last-Attempt-Date", d->now_us);
    if (r->action == DSN_DELAYED)
        add_date(b, a, "Will-Retry-Until", r->retry_until_us);
}

/* What the envelope had asked for (RFC 2852 section 5, RFC 4865). */
static void add_wishes(const struct dsn *d, struct arena *a, struct buf *b)
{
    struct str text = queue_attr_get(d->entry->attrs, d->entry->n_attrs, STR(ATTR_DELIVER_BY));
    static const char *const holds[][2] = {{"HOLDFOR", "for"}, {"HOLDUNTIL", "until"}};
    struct deliver_by by;

    if (text.p && deliver_by_get(text, &by) == ST_OK)
        add_date(b, a, "Deliver-By-Date", by.at_us);
    for (size_t i = 0; i < ARRAY_LEN(holds); i++) { /* RFC 4865 section 5.1.2 */
        struct str value = queue_attr_get(d->entry->attrs, d->entry->n_attrs, str_z(holds[i][0]));

        if (value.n)
            add_field(b, "Future-Release-Request", arena_printf(a, "%s;%.*s", holds[i][1], STR_ARGS(value)));
    }
}

static void add_report(const struct dsn *d, struct arena *a, struct buf *b)
{
    struct str envid = queue_attr_get(d->entry->attrs, d->entry->n_attrs, STR("ENVID"));

    if (envid.n) {
        buf_addz(b, "Original-Envelope-Id: ");
        add_xtext(b, envid);
        buf_addz(b, "\r\n");
    }
    buf_addf(b, "Reporting-MTA: dns; %.*s\r\n", STR_ARGS(d->host_name));
    add_date(b, a, "Arrival-Date", d->entry->arrival_us);
    add_wishes(d, a, b);
    for (size_t i = 0; i < d->n_rcpts; i++)
        add_report_rcpt(d, &d->rcpts[i], a, b);
}

/* --- the letter that it is about ------------------------------------------------------------------------------------ */

bool dsn_is_stranger(const struct queue_entry *e, struct str host_name)
{
    return !e->account && !str_ieq(str_from(e->reverse_path, str_rfind(e->reverse_path, '@') + 1), host_name);
}

/* RET is about failures only (RFC 3461 section 4.3), and is always HDRS with REQUIRETLS (RFC 8689 section 5). A stranger's letter, whose sender may be anybody, comes back whole only where that was asked for. */
static bool comes_whole(const struct dsn *d)
{
    struct str ret = queue_attr_get(d->entry->attrs, d->entry->n_attrs, STR("RET"));

    return has(d, DSN_FAILED) && d->letter.n <= d->full_max && !str_ieq(ret, STR("HDRS")) &&
           (!dsn_is_stranger(d->entry, d->host_name) || str_ieq(ret, STR("FULL"))) &&
           !queue_attr_get(d->entry->attrs, d->entry->n_attrs, STR("REQUIRETLS")).p &&
           !mime_lines_of(d->letter, LIMIT_TEXT_LINE)
                .has_bare; /* a notice is text, whatever it is of (RFC 3030 section 3) */
}

static struct str header_of(struct str letter)
{
    size_t end = str_search(letter, STR("\r\n\r\n"));
    struct str header = str_sub(letter, 0, MIN(end < letter.n ? end + 2 : letter.n, (size_t)HEADER_MAX));

    /* cut at a line, so that no half field is left */
    while (header.n && header.p[header.n - 1] != '\n')
        header.n--;
    return header;
}

enum config_language dsn_language(const struct queue_entry *e, struct str letter, enum config_language otherwise)
{
    struct str own = queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_LANGUAGE)), said = STR_NONE;
    struct mime_field f;

    if (!own.n && queue_attr_get(e->attrs, e->n_attrs, STR("SMTPUTF8")).p &&
        mime_header_find(header_of(letter), STR("Content-Language"), &f) == ST_OK)
        said = str_trim(f.value);
    said = own.n ? own : said;
    for (enum config_language l = 0; l < LANGUAGES; l++) { /* the first one that it names: "zh", "zh-Hans-CN, en" */
        struct str tag = str_z(config_language_name(l));

        if (str_istarts(said, tag) && (said.n == tag.n || !ascii_is_alnum(said.p[tag.n])))
            return l;
    }
    return otherwise;
}

/* The letter's Message-ID, where it is one that can stand in a field. */
static struct str message_id(const struct dsn *d)
{
    struct mime_field f;
    struct str id;

    if (mime_header_find(header_of(d->letter), STR("Message-ID"), &f) != ST_OK)
        return STR_NONE;
    id = str_trim(f.value);
    if (id.n < 3 || id.n > ID_MAX || id.p[0] != '<' || str_find(id, '>') != id.n - 1 || !str_is_ascii(id))
        return STR_NONE;
    for (size_t i = 0; i < id.n; i++)
        if ((unsigned char)id.p[i] <= 32 || id.p[i] == 127)
            return STR_NONE;
    return id;
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

struct parts {
    const struct dsn *d;
    struct arena *a;
    struct buf *b;
    struct str boundary;
    bool is_wide;  /* an address of the report is beyond ASCII */
    bool may_8bit; /* the one who gets it has such an address too, so his server takes UTF-8 (RFC 6533 section 4.5) */
};

static void add_head(const struct parts *p)
{
    const struct dsn *d = p->d;
    struct str host = d->host_name, id = message_id(d);
    struct buf *b = p->b;

    add_date(b, p->a, "Date", d->now_us);
    buf_addz(b, "From: ");
    dsn_add_words(texts[TEXT_FROM][d->language], b);
    buf_addf(b, " <MAILER-DAEMON@%.*s>\r\nTo: <%.*s>\r\nSubject: ", STR_ARGS(host), STR_ARGS(d->entry->reverse_path));
    dsn_add_words(texts[kinds[main_action(d)].subject][d->language], b);
    buf_addf(b, "\r\nMessage-ID: <%.*s@%.*s>\r\n", STR_ARGS(random_word(p->a, 20)), STR_ARGS(host));
    if (id.n)
        buf_addf(b, "In-Reply-To: %.*s\r\nReferences: %.*s\r\n", STR_ARGS(id), STR_ARGS(id));
    buf_addz(b, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"); /* RFC 3834 section 5.2 */
    buf_addf(b, "Content-Type: multipart/report; report-type=%s;\r\n\tboundary=\"%.*s\"\r\n",
             p->is_wide ? "global-delivery-status" : "delivery-status", STR_ARGS(p->boundary));
}

enum encoding { AS_IT_IS, IN_8BIT, IN_QP, IN_BASE64 };

static void add_part(const struct parts *p, const char *type, enum encoding how, struct str bytes)
{
    static const char *const words[] = {[IN_8BIT] = "8bit", [IN_QP] = "quoted-printable", [IN_BASE64] = "base64"};

    buf_addf(p->b, "--%.*s\r\nContent-Type: %s\r\n", STR_ARGS(p->boundary), type);
    if (how != AS_IT_IS)
        buf_addf(p->b, "Content-Transfer-Encoding: %s\r\n", words[how]);
    buf_addz(p->b, "\r\n");
    if (how == IN_QP)
        mime_encode_qp(bytes, p->b);
    else if (how == IN_BASE64)
        mime_encode_base64(bytes, p->b);
    else
        buf_add(p->b, bytes);
    buf_addz(p->b, "\r\n");
}

/* The original in the form that says what it is: with UTF-8 in its header it is message/global (RFC 6532 section 3.7), which may be encoded, as message/rfc822 may not. */
static bool add_letter(const struct parts *p)
{
    struct str header = header_of(p->d->letter), bytes = comes_whole(p->d) ? p->d->letter : header;
    bool is_whole = bytes.n != header.n, is_utf8 = is_8bit(header);

    if (is_whole && is_utf8 && !str_is_utf8(bytes)) {
        bytes = header; /* neither of the two: nothing that is whole fits it */
        is_whole = false;
    }
    if (is_whole && is_utf8)
        add_part(p, "message/global", p->may_8bit ? IN_8BIT : IN_BASE64, bytes);
    else if (is_whole)
        add_part(p, "message/rfc822", is_8bit(bytes) ? IN_8BIT : AS_IT_IS, bytes);
    else if (p->is_wide && str_is_utf8(bytes))
        add_part(p, "message/global-headers", !is_utf8 ? AS_IT_IS : p->may_8bit ? IN_8BIT : IN_QP, bytes);
    else
        add_part(p, "text/rfc822-headers", is_utf8 ? IN_QP : AS_IT_IS, bytes);
    return is_8bit(bytes) && (p->may_8bit || (is_whole && !is_utf8));
}

static void add_parts(const struct parts *p, struct buf *text, struct buf *report, struct buf *out)
{
    const struct dsn *d = p->d;
    struct parts behind = *p;
    struct buf parts;
    bool has_8bit;

    buf_init(&parts, out->max);
    behind.b = &parts;
    add_part(&behind,
             arena_cstr(p->a, arena_printf(p->a, "text/plain; charset=utf-8\r\nContent-Language: %s",
                                           config_language_name(d->language))),
             str_is_ascii(buf_str(text)) ? AS_IT_IS : IN_BASE64, buf_str(text));
    has_8bit = is_8bit(buf_str(report)) && p->may_8bit;
    add_part(&behind, p->is_wide ? "message/global-delivery-status" : "message/delivery-status",
             !is_8bit(buf_str(report)) ? AS_IT_IS
             : p->may_8bit             ? IN_8BIT
                                       : IN_QP,
             buf_str(report));
    has_8bit = add_letter(&behind) || has_8bit;
    if (has_8bit)
        buf_addz(out, "Content-Transfer-Encoding: 8bit\r\n");
    buf_addz(out, "\r\n");
    buf_add(out, buf_str(&parts));
    if (parts.over)
        out->over = true;
    buf_addf(out, "--%.*s--\r\n", STR_ARGS(p->boundary));
    buf_fini(&parts);
}

void dsn_build(const struct dsn *d, struct buf *b)
{
    struct arena a = ARENA_INIT;
    struct parts p = {.d = d,
                      .a = &a,
                      .b = b,
                      .boundary = arena_printf(&a, "report-%.*s", STR_ARGS(random_word(&a, 20))),
                      .is_wide = is_international(d),
                      .may_8bit = is_8bit(d->entry->reverse_path)};
    struct buf text, report;

    buf_init(&text, b->max);
    buf_init(&report, b->max);
    add_for_people(d, &a, &text);
    add_report(d, &a, &report);
    add_head(&p);
    add_parts(&p, &text, &report, b);
    if (text.over || report.over)
        b->over = true;
    buf_fini(&text);
    buf_fini(&report);
    arena_fini(&a);
}

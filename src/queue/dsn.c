/* A notice: text for people, the report for programs (RFC 3464), and the letter's header, or all of it (RFC 3461 section 4.3). With an
 * address beyond ASCII in it, the report is of the international kind (RFC 6533). */
#include "queue/dsn.h"

#include "base/clock.h"
#include "base/random.h"

#define FULL_MAX 65536u   /* letters up to this size come back whole, unless their sender asks for headers only */
#define HEADER_MAX 65536u /* of a header that comes back */
#define LINE_WANTED 900   /* folded above this: RFC 5322 section 2.1.1 allows 998 */

static const struct {
    struct str action, subject, text;
} kinds[] = {
    [DSN_FAILED] = {STR("failed"), STR("Undelivered: your letter could not be delivered"),
                    STR("could not be delivered, and will not be tried again:")},
    [DSN_DELAYED] = {STR("delayed"), STR("Delayed: your letter has not been delivered yet"),
                     STR("has not been delivered yet. You need do nothing: it is tried again and again.")},
    [DSN_DELIVERED] = {STR("delivered"), STR("Delivered: your letter has arrived"), STR("has been delivered:")},
    [DSN_RELAYED] = {STR("relayed"), STR("Relayed: your letter has been passed on"),
                     STR("has been passed on to a server that sends no notices of its own:")},
    [DSN_EXPANDED] = {STR("expanded"), STR("Delivered: your letter goes to several people"),
                      STR("has been accepted for an address that leads to several people:")},
};

static struct str attr(const struct queue_attr *attrs, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(attrs[i].name, name))
            return attrs[i].value;
    return STR_NONE;
}

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

static void add_head(const struct dsn *d, struct arena *a, struct str boundary, bool is_wide, struct buf *b)
{
    struct str host = d->host_name;

    add_date(b, a, "Date", d->now_us);
    buf_addf(b, "From: Mail delivery <MAILER-DAEMON@%.*s>\r\nTo: <%.*s>\r\n", STR_ARGS(host),
             STR_ARGS(d->entry->reverse_path));
    buf_addf(b, "Subject: %.*s\r\n", STR_ARGS(kinds[main_action(d)].subject));
    buf_addf(b, "Message-ID: <%.*s@%.*s>\r\n", STR_ARGS(random_word(a, 20)), STR_ARGS(host));
    buf_addz(b, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"); /* RFC 3834 section 5.1 */
    buf_addf(b, "Content-Type: multipart/report; report-type=%s;\r\n\tboundary=\"%.*s\"\r\n",
             is_wide ? "global-delivery-status" : "delivery-status", STR_ARGS(boundary));
    if (is_wide || is_8bit(d->letter))
        buf_addz(b, "Content-Transfer-Encoding: 8bit\r\n");
    buf_addz(b, "\r\n");
}

static void add_people_rcpt(const struct dsn_rcpt *r, struct buf *b)
{
    buf_addf(b, "\r\n  <%.*s>\r\n", STR_ARGS(r->rcpt->address));
    if (!r->answer.n)
        return;
    if (r->is_remote && r->host.n)
        buf_addf(b, "    The server %.*s said:\r\n", STR_ARGS(r->host));
    buf_addz(b, "    ");
    add_folded(b, r->answer);
    buf_addz(b, "\r\n");
}

static void add_for_people(const struct dsn *d, struct arena *a, struct buf *b)
{
    struct str arrival = time_rfc5322(a, d->entry->arrival_us);

    buf_addf(b, "This is the mail server %.*s.\r\n", STR_ARGS(d->host_name));
    for (enum dsn_action action = DSN_FAILED; action < DSN_ACTIONS; action++) {
        if (!has(d, action))
            continue;
        buf_addf(b, "\r\nYour letter of %.*s\r\n%.*s\r\n", STR_ARGS(arrival), STR_ARGS(kinds[action].text));
        for (size_t i = 0; i < d->n_rcpts; i++)
            if (d->rcpts[i].action == action)
                add_people_rcpt(&d->rcpts[i], b);
    }
    if (has(d, DSN_DELAYED))
        buf_addf(b, "\r\nIt is given up, and you are told, if it can't be delivered until\r\n%.*s.\r\n",
                 STR_ARGS(time_rfc5322(a, d->rcpts[0].retry_until_us)));
    buf_addz(b, "\r\nDetails for technical people are attached.\r\n");
}

/* The class must fit the action: 5 for failed, 4 for delayed, 2 for the others (RFC 3464 section 2.3.4). An expired letter has failed for a reason of class 4. */
static void add_status(const struct dsn_rcpt *r, struct buf *b)
{
    static const char class_of[] = {
        [DSN_FAILED] = '5', [DSN_DELAYED] = '4', [DSN_DELIVERED] = '2', [DSN_RELAYED] = '2', [DSN_EXPANDED] = '2'};
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
    struct str original = attr(r->rcpt->attrs, r->rcpt->n_attrs, STR("ORCPT"));

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
    add_date(b, a, "Last-Attempt-Date", d->now_us);
    if (r->action == DSN_DELAYED)
        add_date(b, a, "Will-Retry-Until", r->retry_until_us);
}

static void add_report(const struct dsn *d, struct arena *a, struct buf *b)
{
    struct str envid = attr(d->entry->attrs, d->entry->n_attrs, STR("ENVID"));

    if (envid.n) {
        buf_addz(b, "Original-Envelope-Id: ");
        add_xtext(b, envid);
        buf_addz(b, "\r\n");
    }
    buf_addf(b, "Reporting-MTA: dns; %.*s\r\n", STR_ARGS(d->host_name));
    add_date(b, a, "Arrival-Date", d->entry->arrival_us);
    for (size_t i = 0; i < d->n_rcpts; i++)
        add_report_rcpt(d, &d->rcpts[i], a, b);
}

/* RET is about failures only (RFC 3461 section 4.3). */
static bool comes_whole(const struct dsn *d)
{
    return has(d, DSN_FAILED) && d->letter.n <= FULL_MAX &&
           !str_ieq(attr(d->entry->attrs, d->entry->n_attrs, STR("RET")), STR("HDRS"));
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

static void add_letter(const struct dsn *d, bool is_wide, struct buf *b)
{
    bool whole = comes_whole(d);
    struct str bytes = whole ? d->letter : header_of(d->letter);

    buf_addf(b, "Content-Type: %s\r\n",
             is_wide ? (whole ? "message/global" : "message/global-headers")
                     : (whole ? "message/rfc822" : "text/rfc822-headers"));
    if (is_8bit(bytes))
        buf_addz(b, "Content-Transfer-Encoding: 8bit\r\n");
    buf_addz(b, "\r\n");
    buf_add(b, bytes);
    if (!str_ends(bytes, STR("\r\n")))
        buf_addz(b, "\r\n");
}

void dsn_build(const struct dsn *d, struct buf *b)
{
    struct arena a = ARENA_INIT;
    struct str boundary = arena_printf(&a, "report-%.*s", STR_ARGS(random_word(&a, 20)));
    bool is_wide = is_international(d);

    add_head(d, &a, boundary, is_wide, b);
    buf_addf(b, "--%.*s\r\nContent-Type: text/plain; charset=utf-8\r\n%s\r\n", STR_ARGS(boundary),
             is_wide ? "Content-Transfer-Encoding: 8bit\r\n" : "");
    add_for_people(d, &a, b);
    buf_addf(b, "\r\n--%.*s\r\nContent-Type: message/%s\r\n%s\r\n", STR_ARGS(boundary),
             is_wide ? "global-delivery-status" : "delivery-status",
             is_wide ? "Content-Transfer-Encoding: 8bit\r\n" : "");
    add_report(d, &a, b);
    buf_addf(b, "\r\n--%.*s\r\n", STR_ARGS(boundary));
    add_letter(d, is_wide, b);
    buf_addf(b, "\r\n--%.*s--\r\n", STR_ARGS(boundary));
    arena_fini(&a);
}

#include "queue/alert.h"

#include "base/clock.h"
#include "base/must.h"
#include "base/random.h"
#include "mime/narrow.h"
#include "queue/dsn.h"
#include "queue/inside.h"

#define LETTER_MAX 65536
#define LANGUAGES 2

enum text_id {
#define TEXT(id, en, zh) TEXT_##id,
#include "queue/alert_texts.def"
#undef TEXT
    TEXTS
};

static const struct str texts[TEXTS][LANGUAGES] = {
#define TEXT(id, en, zh) [TEXT_##id] = {[LANGUAGE_EN] = {en, sizeof(en) - 1}, [LANGUAGE_ZH] = {zh, sizeof(zh) - 1}},
#include "queue/alert_texts.def"
#undef TEXT
};

static struct str text(struct arena *ar, const struct queue_alert *a, enum text_id id, struct str arg)
{
    struct str t = texts[id][a->language < LANGUAGES ? a->language : LANGUAGE_EN];
    size_t at = str_search(t, STR("%s"));

    if (at == t.n)
        return t;
    return arena_printf(ar, "%.*s%.*s%.*s", (int)at, t.p, STR_ARGS(arg), STR_ARGS(str_from(t, at + 2)));
}

static void add_line(struct arena *ar, const struct queue_alert *a, enum text_id id, struct str arg, struct buf *b)
{
    buf_add(b, text(ar, a, id, arg));
    buf_addz(b, "\r\n");
}

/* The row of a sign, by its word. */
static enum text_id text_of(struct str sign)
{
    return str_eq(sign, STR("rate"))             ? TEXT_RATE
           : str_eq(sign, STR("new-recipients")) ? TEXT_FRESH
           : str_eq(sign, STR("bounces"))        ? TEXT_BOUNCES
                                                 : TEXT_BY_HAND;
}

static void add_body(struct arena *ar, const struct queue *q, const struct queue_alert *a, struct buf *b)
{
    struct str value = arena_printf(ar, "%llu", (unsigned long long)a->value);

    add_line(ar, a, TEXT_SERVER, q->host_name, b);
    buf_addz(b, "\r\n");
    add_line(ar, a, a->is_admin ? TEXT_ADMIN : TEXT_OWNER, a->account, b);
    add_line(ar, a, text_of(a->sign), value, b);
    if (a->from_afar.n)
        add_line(ar, a, TEXT_AFAR, a->from_afar, b);
    buf_addz(b, "\r\n");
    if (!a->is_admin) {
        add_line(ar, a, TEXT_OWNER_DO, STR_NONE, b);
        return;
    }
    for (enum text_id id = TEXT_ADMIN_LIST; id <= TEXT_ADMIN_LIFT; id++)
        add_line(ar, a, id, a->account, b);
}

/* RFC 3834 section 5: nobody answers it by himself. 7 bits, so that every server takes it. */
static void add_letter(struct arena *ar, const struct queue *q, const struct queue_alert *a, struct buf *b)
{
    struct str host = q->host_name;
    struct buf body;

    buf_init(&body, LETTER_MAX / 2);
    add_body(ar, q, a, &body);
    buf_addf(b, "Date: %.*s\r\nFrom: ", STR_ARGS(time_rfc5322(ar, clock_wall_us())));
    dsn_add_words(text(ar, a, TEXT_FROM, STR_NONE), b);
    buf_addf(b, " <MAILER-DAEMON@%.*s>\r\nTo: <%.*s>\r\nSubject: ", STR_ARGS(host), STR_ARGS(a->to));
    dsn_add_words(text(ar, a, a->is_admin ? TEXT_SUBJECT_ADMIN : TEXT_SUBJECT_OWNER, a->account), b);
    buf_addf(b, "\r\nMessage-ID: <%.*s@%.*s>\r\n", STR_ARGS(random_word(ar, 20)), STR_ARGS(host));
    buf_addz(b, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    if (str_is_ascii(buf_str(&body))) {
        buf_addz(b, "\r\n");
        buf_add(b, buf_str(&body));
    } else {
        buf_addz(b, "Content-Transfer-Encoding: base64\r\n\r\n");
        mime_encode_base64(buf_str(&body), b);
    }
    buf_fini(&body);
}

static enum st put(struct queue *q, struct arena *ar, const struct queue_alert *a, struct str bytes) SUSPENDS
{
    const struct queue_attr attrs[] = {{STR(QUEUE_NOTICE), STR("1")}, {STR("SMTPUTF8"), STR("")}};
    struct queue_rcpt to = {.address = a->to};
    uint64_t now_us = clock_wall_us();
    struct queue_entry e = {.blob = blob_new_id(q->store),
                            .size = bytes.n,
                            .arrival_us = now_us,
                            .due_us = now_us,
                            .attrs = attrs,
                            .n_attrs = str_is_ascii(a->to) ? 1 : 2,
                            .rcpts = &to,
                            .n_rcpts = 1};
    struct kv_blob blob = {.id = e.blob, .bytes = bytes, .refs = 1};
    struct queue_change *c;
    struct str record;

    TRY(queue_check_open(q));
    TRY(entry_encode(ar, &e, &record));
    c = queue_change_new(q, 0, ARENA_INIT);
    e.id = c->part.expected_version + 1;
    queue_change_put(c, &e, arena_str(&c->arena, record));
    queue_change_seal(c);
    return queue_change_commit(c, &blob, 1, NULL);
}

enum st queue_alert(struct queue *q, const struct queue_alert *a)
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    struct buf b;
    enum st st;

    must(core_here() == q->core);
    buf_init(&b, LETTER_MAX);
    add_letter(&ar, q, a, &b);
    st = buf_check(&b);
    if (st == ST_OK)
        do
            st = put(q, &ar, a, buf_str(&b));
        while (queue_again(st, &tries));
    buf_fini(&b);
    arena_fini(&ar);
    return st;
}

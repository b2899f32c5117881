/* Beginning and end of a connection: greeting, EHLO, TLS, AUTH, QUIT. */
#include "smtp/client_inside.h"

#include "base/codec.h"
#include "net/tls_client.h"

#define TLS_MS 60000

static const struct {
    enum smtp_feature id;
    struct str keyword;
} features[] = {
#define FEATURE(id, keyword, ref) {SMTP_HAS_##id, {keyword, sizeof keyword - 1}},
#include "smtp/client.def"
#undef FEATURE
};

/* RFC 9422 section 4: names that are not known, and values that are no numbers, are passed over. */
static void note_limits(struct smtp_client *c, struct str args)
{
    struct str word;

    while (str_split(&args, ' ', &word)) {
        size_t eq = str_find(word, '=');
        struct str name = str_sub(word, 0, eq);
        uint32_t value;

        if (str_u32(str_from(word, eq + 1), 999999, &value) != ST_OK || !value)
            continue;
        if (str_ieq(name, STR("RCPTMAX")))
            c->rcpt_max = value;
        else if (str_ieq(name, STR("MAILMAX")))
            c->mail_max = value;
    }
}

static void note_feature(struct smtp_client *c, struct str line)
{
    struct str rest = line, word;

    if (!str_split(&rest, ' ', &word))
        return;
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        if (str_ieq(word, features[i].keyword))
            c->has[features[i].id] = true;
    if (str_ieq(word, STR("SIZE")) && str_u64(str_trim(rest), UINT64_MAX, &c->size_max) != ST_OK)
        c->size_max = 0;
    if (str_ieq(word, STR("DELIVERBY")) &&
        (!str_split(&rest, ',', &word) || str_u64(str_trim(word), DELIVER_BY_MOST_S, &c->by_min_s) != ST_OK))
        c->by_min_s = 0;
    else if (str_ieq(word, STR("LIMITS")))
        note_limits(c, str_trim(rest));
    else if (str_ieq(word, STR("AUTH")))
        c->auth = str_trim(rest);
}

/* The first line is the server's name. */
static void note_features(struct smtp_client *c, struct str text)
{
    struct str rest = text, line;

    memset(c->has, 0, sizeof c->has);
    c->size_max = c->by_min_s = 0;
    c->rcpt_max = c->mail_max = 0;
    c->auth = STR_NONE;
    str_split(&rest, '\n', &line);
    while (str_split(&rest, '\n', &line))
        note_feature(c, str_trim(line));
}

/* "250-mail.example.org at your service". */
static void note_name(struct smtp_client *c, struct str text)
{
    struct str line = str_sub(text, 0, str_find(text, '\n')), name = str_from(line, 4);

    c->peer_name = str_sub(name, 0, str_find(name, ' '));
}

static enum st hello(struct smtp_client *c, struct smtp_answer *out) SUSPENDS
{
    TRY(smtp_client_say(c, "%s %.*s", c->is_lmtp ? "LHLO" : "EHLO", STR_ARGS(c->helo)));
    TRY(smtp_client_answer(c, &c->arena, SMTP_WAIT_COMMAND, out));
    if (out->code / 100 == 2) {
        note_features(c, out->text);
        note_name(c, out->text);
        return ST_OK;
    }
    if (out->code / 100 == 5 && !c->is_lmtp) { /* RFC 5321 section 3.2: older ones know HELO only */
        memset(c->has, 0, sizeof c->has);
        TRY(smtp_client_say(c, "HELO %.*s", STR_ARGS(c->helo)));
        TRY(smtp_client_answer(c, &c->arena, SMTP_WAIT_COMMAND, out));
    }
    if (out->code / 100 != 2)
        return smtp_client_refused(ST_DENIED, out);
    note_name(c, out->text);
    return ST_OK;
}

static enum st open_as(struct smtp_client *c, struct stream *stream, bool is_lmtp, struct str helo,
                       struct smtp_answer *out) SUSPENDS
{
    *c = (struct smtp_client){.stream = stream, .is_lmtp = is_lmtp};
    *out = (struct smtp_answer){0};
    c->helo = arena_str(&c->arena, helo);
    TRY(smtp_client_answer(c, &c->arena, SMTP_WAIT_GREETING, &c->greeting));
    *out = c->greeting;
    if (c->greeting.code != 220)
        return smtp_client_refused(ST_DENIED, &c->greeting);
    return hello(c, out);
}

enum st smtp_client_open(struct smtp_client *c, struct stream *stream, struct str helo, struct smtp_answer *out)
{
    return open_as(c, stream, false, helo, out);
}

enum st smtp_client_open_lmtp(struct smtp_client *c, struct stream *stream, struct str helo, struct smtp_answer *out)
{
    return open_as(c, stream, true, helo, out);
}

enum st smtp_client_starttls(struct smtp_client *c, struct tls_client *tls, struct str host)
{
    return smtp_client_starttls_peer(c, tls, &(struct tls_peer){.name = host});
}

enum st smtp_client_starttls_peer(struct smtp_client *c, struct tls_client *tls, const struct tls_peer *peer)
{
    struct smtp_answer answer;
    enum st st;

    if (!c->has[SMTP_HAS_STARTTLS])
        return FAIL(ST_NOTFOUND, "the server does not offer STARTTLS");
    TRY(smtp_client_say(c, "STARTTLS"));
    TRY(smtp_client_answer(c, &c->arena, SMTP_WAIT_COMMAND, &answer));
    if (answer.code != 220)
        return smtp_client_refused(ST_DENIED, &answer);
    st = stream_push_tls_peer(c->stream, tls, peer, deadline_in(TLS_MS));
    c->is_over = c->is_over || st != ST_OK;
    TRY(st);
    return hello(c, &answer); /* RFC 3207 section 4.2: what was known before is forgotten */
}

/* --- AUTH ------------------------------------------------------------------------------------------------------ */

static bool offers(const struct smtp_client *c, struct str mechanism)
{
    struct str rest = c->auth, word;

    while (str_split(&rest, ' ', &word))
        if (str_ieq(word, mechanism))
            return true;
    return false;
}

static enum st say_base64(struct smtp_client *c, const char *before, struct str raw) SUSPENDS
{
    struct buf b;
    enum st st;

    buf_init(&b, 2 * raw.n + 16);
    base64_encode(&b, raw);
    st = smtp_client_say(c, "%s%.*s", before, STR_ARGS(buf_str(&b)));
    buf_fini(&b);
    return st;
}

static enum st auth_plain(struct smtp_client *c, struct arena *a, struct str user, struct str password) SUSPENDS
{
    struct buf b;
    enum st st;

    (void)a;
    buf_init(&b, user.n + password.n + 2);
    buf_addc(&b, 0);
    buf_add(&b, user);
    buf_addc(&b, 0);
    buf_add(&b, password);
    st = say_base64(c, "AUTH PLAIN ", buf_str(&b));
    buf_fini(&b);
    return st;
}

static enum st auth_login(struct smtp_client *c, struct arena *a, struct str user, struct str password) SUSPENDS
{
    const struct str words[] = {user, password};
    struct smtp_answer answer;

    TRY(smtp_client_say(c, "AUTH LOGIN"));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        TRY(smtp_client_answer(c, a, SMTP_WAIT_COMMAND, &answer));
        if (answer.code != 334)
            return smtp_client_refused(ST_DENIED, &answer);
        TRY(say_base64(c, "", words[i]));
    }
    return ST_OK;
}

static bool repeats(struct str text, struct str raw)
{
    struct buf b;
    bool does;

    buf_init(&b, 2 * raw.n + 16);
    base64_encode(&b, raw);
    does = str_search(text, buf_str(&b)) < text.n || str_search(text, raw) < text.n;
    buf_fini(&b);
    return does;
}

/* A server that repeats what it was told would put the password into logs and notices. */
static void hide(struct smtp_client *c, struct str user, struct str password, struct smtp_answer *out)
{
    struct buf plain;

    buf_init(&plain, user.n + password.n + 2);
    buf_addc(&plain, 0);
    buf_add(&plain, user);
    buf_addc(&plain, 0);
    buf_add(&plain, password);
    if (repeats(out->text, buf_str(&plain)) || repeats(out->text, password))
        out->text = arena_printf(&c->arena, "%u %.*s (more is not repeated)", out->code, STR_ARGS(out->status));
    buf_fini(&plain);
}

enum st smtp_client_auth(struct smtp_client *c, struct str user, struct str password, struct smtp_answer *out)
{
    bool is_plain = offers(c, STR("PLAIN"));

    if (!stream_is_tls(c->stream))
        return FAIL(ST_INTERNAL, "a password is not sent without TLS");
    if (!is_plain && !offers(c, STR("LOGIN")))
        return FAIL(ST_NOTFOUND, "the server offers neither AUTH PLAIN nor LOGIN");
    TRY((is_plain ? auth_plain : auth_login)(c, &c->arena, user, password));
    TRY(smtp_client_answer(c, &c->arena, SMTP_WAIT_COMMAND, out));
    hide(c, user, password, out);
    return out->code == 235 ? ST_OK : smtp_client_refused(ST_DENIED, out);
}

void smtp_client_close(struct smtp_client *c)
{
    struct smtp_answer answer;

    if (c->stream && !c->is_over && smtp_client_say(c, "QUIT") == ST_OK)
        IGNORE(smtp_client_answer(c, &c->arena, SMTP_WAIT_QUIT, &answer));
    stream_free(c->stream);
    c->stream = NULL;
    arena_fini(&c->arena);
}

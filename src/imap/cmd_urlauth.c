/* GENURLAUTH, URLFETCH and RESETKEY (RFC 4467): parts of messages that others may read by a URL, for as long as the key of the mailbox is
 * the one that signed it. With PARTIAL (RFC 5550 section 5.7.1). */
#include "base/must.h"
#include "base/random.h"
#include "co/co.h"
#include "imap/session.h"
#include "imap/url_text.h"
#include "imap/urlauth.h"
#include "mail/shared.h"

#include <stdatomic.h>

#define MECHANISM "INTERNAL"
#define COPY_PIECE 1048576u

/* Is it of this server, and whose is it? Both names that the server has are good. */
static bool is_ours(const struct imap_session *s, const struct imap_url *u)
{
    return u->is_absolute && u->user.n &&
           (str_ieq(u->host, s->set->host_name) ||
            (s->set->host_for_users.n && str_ieq(u->host, s->set->host_for_users)));
}

/* --- GENURLAUTH ------------------------------------------------------------------------------------ */

static enum st generate(struct imap_cmd *c, struct str text, struct str *out) SUSPENDS
{
    struct arena *ar = &c->s->cmd_arena;
    unsigned char key[MAIL_URL_KEY_BYTES];
    char token[URLAUTH_TOKEN_CHARS];
    struct imap_url u;
    struct view *v;
    enum st st;

    TRY(imap_url_parse(ar, text, &u));
    if (!is_ours(c->s, &u) || !str_ieq(u.user, c->s->login))
        return FAIL(ST_SYNTAX, "Not a URL of yours at this server");
    if (!u.access || u.mechanism.n)
        return FAIL(ST_SYNTAX, u.access ? "It is signed already" : "No access identifier in the URL");
    st = url_mailbox_open(c->s->account, ar, &u, &v);
    if (st == ST_NOTFOUND || st == ST_DENIED || st == ST_NOPERM)
        return FAIL(ST_SYNTAX, "No such mailbox");
    TRY(st);
    st = mailbox_url_key(c->s->account, view_info(v), true, key);
    view_close(v);
    TRY(st);
    urlauth_token(key, u.rump, token);
    explicit_bzero(key, sizeof key);
    *out = arena_printf(ar, "%.*s:" MECHANISM ":%.*s", STR_ARGS(u.rump), URLAUTH_TOKEN_CHARS, token);
    return ST_OK;
}

static enum st take_mechanism(struct imap_lexer *lx)
{
    struct str mechanism;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_word(lx, &mechanism));
    return str_eq(mechanism, STR(MECHANISM)) ? ST_OK : FAIL(ST_SYNTAX, "Unknown mechanism");
}

enum st cmd_genurlauth(struct imap_cmd *c)
{
    struct str texts[LIMIT_IMAP_URLS];
    size_t n = 0;

    do {
        if (n == ARRAY_LEN(texts))
            return FAIL(ST_LIMIT, "Too many URLs");
        TRY(imap_lex_sp(&c->lx));
        TRY(imap_lex_astring(&c->lx, &texts[n++]));
        TRY(take_mechanism(&c->lx));
    } while (imap_lex_peek(&c->lx) == ' ');
    TRY(imap_lex_end(&c->lx));
    for (size_t i = 0; i < n; i++)
        TRY(generate(c, texts[i], &texts[i]));
    imap_put(&c->s->conn, STR("* GENURLAUTH"));
    for (size_t i = 0; i < n; i++) {
        imap_put(&c->s->conn, STR(" "));
        imap_put_nstring(&c->s->conn, texts[i]);
    }
    imap_put(&c->s->conn, STR("\r\n"));
    return ST_OK;
}

/* --- URLFETCH -------------------------------------------------------------------------------------- */

/* What all such commands hold, on all cores: a sum. */
static _Atomic uint64_t all_held;

struct errand {
    const struct imap_url *url;
    struct str bytes; /* owned; NULL: the URL is good for nothing */
};

static void give_bytes(struct errand *e)
{
    atomic_fetch_sub(&all_held, e->bytes.n);
    mem_free((char *)(uintptr_t)e->bytes.p);
    e->bytes = STR_NONE;
}

/* Others run in between. */
static char *put_bytes(char *p, struct str s) SUSPENDS
{
    for (; s.n; s = str_from(s, COPY_PIECE)) {
        struct str piece = str_sub(s, 0, COPY_PIECE);

        memcpy(p, piece.p, piece.n);
        p += piece.n;
        if (piece.n == COPY_PIECE)
            co_yield ();
    }
    return p;
}

static enum st copy(struct errand *e, const struct fetch_pieces *pc) SUSPENDS
{
    size_t n = pc->first.n + pc->second.n;
    char *p;

    if (atomic_fetch_add(&all_held, n) + n > LIMIT_IMAP_URL_BYTES) {
        atomic_fetch_sub(&all_held, n);
        return FAIL(ST_TRYLATER, "too much is being fetched at once");
    }
    p = mem_new(n + 1);
    put_bytes(put_bytes(p, pc->first), pc->second);
    e->bytes = str_n(p, n);
    return ST_OK;
}

/* Section 6: with a key of nobody where there is none, so that no time tells which mailboxes there are. */
static enum st key_of(struct account *a, struct arena *ar, const struct imap_url *u,
                      unsigned char out[MAIL_URL_KEY_BYTES]) SUSPENDS
{
    struct view *v;
    enum st st;

    random_bytes(out, MAIL_URL_KEY_BYTES);
    TRY(url_mailbox_open(a, ar, u, &v));
    st = mailbox_url_key(a, view_info(v), false, out);
    view_close(v);
    return st;
}

static enum st fetch_bytes(struct account *a, struct arena *ar, struct errand *e) SUSPENDS
{
    unsigned char key[MAIL_URL_KEY_BYTES];
    enum st st = key_of(a, ar, e->url, key);
    bool good = urlauth_is_good(key, e->url);
    struct url_text t;

    explicit_bzero(key, sizeof key);
    TRY(st);
    if (!good)
        return FAIL(ST_DENIED, "not signed here");
    TRY(url_text_open(a, ar, e->url, &t));
    st = copy(e, &t.bytes);
    url_text_close(&t);
    return st;
}

/* On the core of the account that has signed it, with what that account may see now: rights to others' mailboxes may have gone. */
static enum st fetch_there(struct account *a, void *arg) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    enum st st = fetch_bytes(a, &ar, arg);

    arena_fini(&ar);
    return st;
}

static enum st find_signer(struct imap_session *s, const struct imap_url *u, uint64_t *out) SUSPENDS
{
    struct mail_person p;

    if (str_ieq(u->user, s->login)) {
        *out = s->account_id;
        return ST_OK;
    }
    TRY(mail_person_find(s->account, &s->cmd_arena, u->user, &p));
    if (p.is_disabled) /* who may not come in himself lets nobody in */
        return FAIL(ST_DENIED, "the account is disabled");
    *out = p.account;
    return ST_OK;
}

static enum st fetch_url(struct imap_session *s, struct str text, struct errand *e) SUSPENDS
{
    struct imap_url u;
    uint64_t signer;

    TRY(imap_url_parse(&s->cmd_arena, text, &u));
    if (!is_ours(s, &u) || !str_ieq(u.mechanism, STR(MECHANISM)) || !urlauth_may(&u, s->login, clock_wall_us()))
        return FAIL(ST_DENIED, "not for this session");
    TRY(find_signer(s, &u, &signer));
    e->url = &u;
    return mail_visit(s->mail, signer, fetch_there, e);
}

/* NIL for whatever is wrong with it: which of all things, nobody is told. */
static enum st put_url(struct imap_session *s, struct str text) SUSPENDS
{
    struct errand e = {0};
    enum st st = fetch_url(s, text, &e);

    if (st == ST_TRYLATER || st == ST_BUSY || st == ST_TIMEOUT || st == ST_CANCELED || st == ST_IO)
        return st;
    imap_put(&s->conn, STR("* URLFETCH "));
    imap_put_astring(&s->conn, text);
    imap_put(&s->conn, STR(" "));
    if (st == ST_OK)
        imap_put_literal(&s->conn, e.bytes);
    else
        imap_put(&s->conn, STR("NIL"));
    imap_put(&s->conn, STR("\r\n"));
    if (st == ST_OK)
        give_bytes(&e);
    return imap_conn_check(&s->conn);
}

enum st cmd_urlfetch(struct imap_cmd *c)
{
    struct str texts[LIMIT_IMAP_URLS];
    size_t n = 0;

    do {
        if (n == ARRAY_LEN(texts))
            return FAIL(ST_LIMIT, "Too many URLs");
        TRY(imap_lex_sp(&c->lx));
        TRY(imap_lex_astring(&c->lx, &texts[n++]));
    } while (imap_lex_peek(&c->lx) == ' ');
    TRY(imap_lex_end(&c->lx));
    for (size_t i = 0; i < n; i++)
        TRY(put_url(c->s, texts[i]));
    return ST_OK;
}

/* --- RESETKEY -------------------------------------------------------------------------------------- */

static enum st reset_one(struct imap_cmd *c, struct str mailbox) SUSPENDS
{
    struct imap_session *s = c->s;
    struct view *v;
    enum st st;

    TRY(view_open(s->account, mailbox, true, &v));
    st = mailbox_url_key_reset(s->account, view_info(v));
    if (st == ST_OK && s->view && view_info(s->view)->id == view_info(v)->id)
        s->url_key_resets = view_url_key_resets(s->view); /* the tagged answer says it */
    view_close(v);
    TRY(st);
    c->code = STR("URLMECH " MECHANISM);
    c->text = STR("The mailbox has a new key");
    return ST_OK;
}

enum st cmd_resetkey(struct imap_cmd *c)
{
    struct str mailbox;

    if (!imap_lex_take(&c->lx, ' ') || imap_lex_peek(&c->lx) < 0) {
        TRY(imap_lex_end(&c->lx));
        TRY(account_url_keys_drop(c->s->account));
        c->text = STR("All keys removed");
        return ST_OK;
    }
    TRY(imap_lex_mailbox(&c->lx, &mailbox));
    while (imap_lex_peek(&c->lx) == ' ')
        TRY(take_mechanism(&c->lx));
    TRY(imap_lex_end(&c->lx));
    return reset_one(c, mailbox);
}

void imap_tell_url_keys(struct imap_session *s)
{
    uint32_t resets = view_url_key_resets(s->view);

    if (resets == s->url_key_resets)
        return;
    s->url_key_resets = resets;
    if (!imap_is_withheld(&s->withheld, STR("URLAUTH")))
        imap_put_status(&s->conn, STR("*"), "OK", STR("URLMECH " MECHANISM), STR("The mailbox has a new key"));
}

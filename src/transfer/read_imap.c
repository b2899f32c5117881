/* Mail of another server: "imaps://user@host[:993]" speaks TLS from the first byte, "imap://user@host[:143]" after STARTTLS; never
 * without. The server's certificate must hold. Folders are "/" between levels whatever the server has. */
#include "transfer/importer.h"
#include "transfer/source_imap.h"

#include "admin/admin.h"
#include "base/secret.h"
#include "net/addr.h"
#include "net/tls_client.h"

#include <limits.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS 30000
#define SILENCE_MS 300000
#define CA_MAX (4u << 20)

struct remote {
    struct importer *im;
    struct arena arena, letter;
    struct str user, host, password;
    uint16_t port;
    bool tls_first;
    uint32_t from; /* uids below are there already */
    struct tls_client *tls;
    struct client client;
};

bool read_imap_is_url(struct str path)
{
    return str_istarts(path, STR("imap://")) || str_istarts(path, STR("imaps://"));
}

/* The user's name may have an @ of its own. */
static enum st parse_url(struct remote *r, struct str url)
{
    struct str rest;
    size_t at, colon;

    r->tls_first = str_istarts(url, STR("imaps://"));
    rest = str_from(url, r->tls_first ? 8 : 7);
    at = str_rfind(rest, '@');
    if (at == rest.n || at == 0)
        return FAIL(ST_SYNTAX, "who is it? Write imap://user@host/");
    r->user = str_sub(rest, 0, at);
    rest = str_from(rest, at + 1);
    if (str_from(rest, str_find(rest, '/') + 1).n)
        return FAIL(ST_SYNTAX, "nothing stands behind the host: all folders are taken");
    rest = str_sub(rest, 0, str_find(rest, '/'));
    colon = str_find(rest, ':');
    r->port = r->tls_first ? 993 : 143;
    if (colon < rest.n) {
        uint32_t port;

        TRY(str_u32(str_from(rest, colon + 1), 65535, &port));
        r->port = (uint16_t)port;
    }
    r->host = str_sub(rest, 0, colon);
    return r->host.n ? ST_OK : FAIL(ST_SYNTAX, "which host is it? Write imap://user@host/");
}

static enum st make_tls(struct remote *r)
{
    struct tls_client_options opt = {0};
    struct str path;
    int64_t date;

    if (admin_value(r->im->t->args, "ca", &path)) {
        const char *named = arena_cstr(&r->arena, path);
        char real[PATH_MAX];
        enum st st = importer_read(r->im, realpath(named, real) ? real : named, STR_NONE, &date);

        if (st != ST_OK || r->im->file.n > CA_MAX)
            return FAIL(ST_NOTFOUND, "the file of --ca can't be read");
        opt.ca_pem = arena_str(&r->arena, buf_str(&r->im->file));
    }
    return tls_client_new(&opt, &r->tls);
}

static enum st connect_to(struct remote *r, struct stream **out) SUSPENDS
{
    const struct stream_options opt = {
        .in_max = 262144, .out_high = 65536, .read_timeout_ms = SILENCE_MS, .write_timeout_ms = SILENCE_MS};
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const char *host = arena_cstr(&r->arena, r->host);
    struct addrinfo *list;
    int bad = getaddrinfo(host, NULL, &hints, &list);
    enum st st = ST_NOTFOUND;

    if (bad)
        return FAIL(ST_NOTFOUND, "%s: %s", host, gai_strerror(bad));
    for (const struct addrinfo *i = list; i && st != ST_OK; i = i->ai_next) {
        struct addr to = addr_from_sockaddr(i->ai_addr, i->ai_addrlen);

        to.port = r->port;
        st = stream_connect(&to, &opt, deadline_in(CONNECT_MS), out);
    }
    freeaddrinfo(list);
    return st == ST_OK ? ST_OK : err_context(st, "%s: ", host);
}

/* The greeting comes untagged: one answer of any kind. */
static enum st secure(struct remote *r) SUSPENDS
{
    struct stream *s = r->client.stream;
    struct answer greeting;

    if (r->tls_first)
        TRY(stream_push_tls_client(s, r->tls, r->host, deadline_in(CONNECT_MS)));
    TRY(client_read(&r->client, &greeting));
    if (!str_istarts(greeting.text, STR("OK")))
        return FAIL(ST_DENIED, "the server does not take a login: %.*s", STR_ARGS(str_sub(greeting.text, 0, 100)));
    if (r->tls_first)
        return ST_OK;
    TRY(CLIENT_RUN(&r->client, "STARTTLS"));
    return stream_push_tls_client(s, r->tls, r->host, deadline_in(CONNECT_MS));
}

static enum st put_word(struct client *c, struct str word) SUSPENDS
{
    struct buf b;
    enum st st;

    buf_init(&b, 8192);
    buf_addz(&b, " \"");
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '"' || word.p[i] == '\\')
            buf_addc(&b, '\\');
        buf_addc(&b, word.p[i]);
    }
    buf_addc(&b, '"');
    st = client_put(c, buf_str(&b));
    wipe(b.p, b.n);
    buf_fini(&b);
    return st;
}

static enum st login(struct remote *r) SUSPENDS
{
    struct client *c = &r->client;

    TRY(client_begin(c, STR("LOGIN")));
    TRY(put_word(c, r->user));
    TRY(put_word(c, r->password));
    TRY(client_put(c, STR("\r\n")));
    return client_finish(c) == ST_OK ? ST_OK : err_context(err_get()->st, "login: ");
}

static enum st take(void *arg, const struct letter *l) SUSPENDS
{
    struct remote *r = arg;
    struct letter mine = *l;
    char where[60];

    if (l->uid < r->from)
        return ST_OK;
    arena_reset(&r->letter);
    mine.mailbox = importer_name(r->im, &r->letter, l->mailbox);
    snprintf(where, sizeof where, "uid %u", l->uid);
    return importer_put(r->im, &mine, str_z(where));
}

static enum st one_folder(struct remote *r, const struct imap_folder *f) SUSPENDS
{
    struct report *report = &r->im->t->report;
    struct mailbox_head m, named;
    uint32_t first;
    enum st st = imap_examine(&r->client, f, &m);

    if (imap_is_refusal(st)) {
        report_left_out(report, f->name, STR_NONE, err_get()->text);
        return ST_OK;
    }
    TRY(st);
    named = m;
    named.name = importer_name(r->im, &r->arena, f->name);
    TRY(importer_origin(r->im, &named, &r->from));
    if (r->from > 1) /* what comes is new, even if it is the same as another */
        seen_clear(&r->im->seen);
    TRY(imap_first(&r->client, &m, r->from, &first));
    report->there += first - 1;
    return imap_fetch_all(&r->client, &m, first, report, take, r);
}

static enum st all_folders(struct remote *r) SUSPENDS
{
    struct imap_folder *folders;
    size_t n;

    TRY(imap_folders(&r->client, &r->arena, &folders, &n));
    for (size_t i = 0; i < n; i++) {
        uint64_t messages = 0;
        enum st st = imap_count(&r->client, &folders[i], &messages);

        if (!imap_is_refusal(st)) /* it will be told when it is opened */
            TRY(st);
        r->im->t->report.total += messages;
    }
    for (size_t i = 0; i < n; i++)
        TRY(one_folder(r, &folders[i]));
    IGNORE(client_send(&r->client, "LOGOUT")); /* everything is here */
    IGNORE(stream_flush(r->client.stream));
    return ST_OK;
}

static enum st run(struct remote *r) SUSPENDS
{
    struct stream *s;
    enum st st;

    TRY(make_tls(r));
    TRY(connect_to(r, &s));
    client_init(&r->client, s);
    st = secure(r);
    if (st == ST_OK)
        st = login(r);
    if (st == ST_OK)
        st = all_folders(r);
    return st;
}

enum st read_imap(struct importer *im, struct str url)
{
    struct remote r = {.im = im, .password = im->t->password};
    struct err kept;
    enum st st = parse_url(&r, url);

    if (st == ST_OK)
        st = run(&r);
    kept = *err_get();
    client_fini(&r.client);
    if (r.tls)
        tls_client_free(r.tls);
    arena_fini(&r.arena);
    arena_fini(&r.letter);
    *err_get() = kept;
    return st;
}

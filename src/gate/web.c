/* What strangers may look up: of the directory by way of the keeper, of the web_well_known directory by way of main, which opens the
 * file. Each gate has few such questions under way at a time, so that strangers keep nobody's logins waiting. */
#include "gate/web.h"

#include "ipc/beside.h"

#include <unistd.h>

#define WEB_ASKS_MAX 16
#define WEB_ASK_MS 5000
#define PATH_MAX_BYTES 255

static enum st status(uint8_t status, const char *what)
{
    return status == ST_OK ? ST_OK : FAIL(status < ST_COUNT ? (enum st)status : ST_INTERNAL, "%s", what);
}

static enum st begin(struct gate *g)
{
    if (g->n_web >= WEB_ASKS_MAX)
        return FAIL(ST_TRYLATER, "too many questions");
    g->n_web++;
    return ST_OK;
}

/* --- of the directory ------------------------------------------------------------------------------------- */

enum st web_directory(struct http_exchange *x)
{
    struct conn *c = x->arg;
    struct msg_web_ask ask = {.host = x->request->host, .path = x->request->path};
    struct msg_web_answer answer;
    enum st st;

    if (ask.host.n > PATH_MAX_BYTES || ask.path.n > PATH_MAX_BYTES)
        return FAIL(ST_NOTFOUND, "no such name");
    TRY(begin(c->gate));
    st = IPC_ASK(c->gate->keeper, web_ask, &ask, web_answer, x->arena, &answer, deadline_in(WEB_ASK_MS));
    c->gate->n_web--;
    TRY(st);
    TRY(status(answer.status, "the keeper has nothing"));
    x->response = (struct http_response){
        .status = HTTP_OK, .type = answer.type, .body = answer.body, .etag = http_etag(x->arena, answer.body)};
    return ST_OK;
}

/* --- files ------------------------------------------------------------------------------------------------- */

/* Such files mostly have names without endings, and are text or JSON. */
static struct str type_of(struct str name, struct str body)
{
    if (str_ends(name, STR(".html")))
        return STR("text/html; charset=utf-8");
    if (str_ends(name, STR(".json")) || str_starts(body, STR("{")) || str_starts(body, STR("[")))
        return STR("application/json");
    return str_is_utf8(body) ? STR("text/plain; charset=utf-8") : STR("application/octet-stream");
}

static enum st ask_file(struct conn *c, struct arena *a, struct str name, int *out_fd, uint32_t *out_size) SUSPENDS
{
    struct msg_web_file_ask ask = {.name = name};
    struct msg_web_file_answer answer;
    int fd = -1;

    TRY(ipc_ask(c->gate->main, MSG_web_file_ask, &ask, -1, MSG_web_file_answer, a, &answer, &fd,
                deadline_in(WEB_ASK_MS)));
    if (answer.status == ST_OK && fd >= 0) {
        *out_fd = fd;
        *out_size = answer.size;
        return ST_OK;
    }
    if (fd >= 0)
        close(fd);
    return FAIL(ST_NOTFOUND, "no such file");
}

enum st web_file(struct http_exchange *x)
{
    struct conn *c = x->arg;
    struct str name = str_from(x->request->path, sizeof "/.well-known/" - 1), body;
    uint32_t size;
    enum st st;
    int fd;

    if (!c->set->web_well_known.n || !name.n || name.n > PATH_MAX_BYTES)
        return FAIL(ST_NOTFOUND, "no such file");
    TRY(begin(c->gate));
    st = ask_file(c, x->arena, name, &fd, &size);
    c->gate->n_web--;
    TRY(st);
    st = beside_take(fd, 0, size, x->arena, &body);
    close(fd);
    if (st != ST_OK)
        return FAIL(ST_NOTFOUND, "it was being changed");
    /* what is for everybody is for the pages of others too (RFC 8615 section 4.6) */
    x->response = (struct http_response){.status = HTTP_OK,
                                         .type = type_of(name, body),
                                         .body = body,
                                         .etag = http_etag(x->arena, body),
                                         .fields = STR("Access-Control-Allow-Origin: *\r\n")};
    return ST_OK;
}

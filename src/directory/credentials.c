/* What accounts log in with: one password, app passwords, and what SCRAM keys of them are made with. */
#include "directory/sql.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/limits.h"
#include "base/random.h"
#include "sasl/scram_keys.h"

#define SALT_BYTES 16

/* Who knew the version before knows that something has changed. */
static enum st raise_version(struct directory *d, uint64_t account)
{
    uint64_t changed;
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_ACCOUNT_VERSION, &s, "u", account));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "there is no such account");
}

static enum st add(struct directory *d, uint64_t account, const struct directory_credential *c, uint64_t *out_id)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_CREDENTIAL_ADD, &s, "uussuus", account, (uint64_t)c->kind, c->name, c->hash, clock_wall_us(),
                 (uint64_t)c->uses, c->scram));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_INTERNAL, "a credential without a number");
    *out_id = sql_number(s, 0);
    sqlite3_reset(s);
    return ST_OK;
}

static enum st set_password(struct directory *d, uint64_t account, struct str hash)
{
    const struct directory_credential c = {.kind = CREDENTIAL_PASSWORD, .hash = hash};
    uint64_t id;
    sqlite3_stmt *s;

    TRY(raise_version(d, account));
    TRY(sql_bind(d, SQL_CREDENTIAL_REMOVE_KIND, &s, "uu", account, (uint64_t)CREDENTIAL_PASSWORD));
    TRY(sql_run(d, s, NULL));
    return add(d, account, &c, &id);
}

enum st directory_password_set(struct directory *d, uint64_t account, struct str hash)
{
    struct sql_scope sc;

    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, set_password(d, account, hash));
}

/* --- app passwords ------------------------------------------------------------------------------------ */

static enum st count_of(struct directory *d, uint64_t account, enum credential_kind kind, uint64_t *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_CREDENTIAL_COUNT, &s, "uu", account, (uint64_t)kind));
    TRY(sql_row(d, s, &row));
    *out = row ? sql_number(s, 0) : 0;
    sqlite3_reset(s);
    return ST_OK;
}

static enum st add_app(struct directory *d, uint64_t account, const struct directory_credential *c, uint64_t *out_id)
{
    struct directory_credential app = *c;
    uint64_t n;
    enum st st;

    app.kind = CREDENTIAL_APP;
    TRY(count_of(d, account, CREDENTIAL_APP, &n));
    if (n >= LIMIT_APP_PASSWORDS)
        return FAIL(ST_LIMIT, "an account has at most %d app passwords: remove one that is not used any more",
                    (int)LIMIT_APP_PASSWORDS);
    TRY(raise_version(d, account));
    st = add(d, account, &app, out_id);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "there is an app password \"%.*s\" already", STR_ARGS(c->name));
    return st;
}

enum st directory_app_add(struct directory *d, uint64_t account, const struct directory_credential *c, uint64_t *out_id)
{
    struct sql_scope sc;

    if (c->name.n == 0 || c->name.n > (size_t)DIRECTORY_NAME_MAX || !str_is_utf8(c->name))
        return FAIL(ST_SYNTAX, "the name of an app password has 1 to %d bytes of UTF-8", DIRECTORY_NAME_MAX);
    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, add_app(d, account, c, out_id));
}

static enum st remove_app(struct directory *d, uint64_t account, uint64_t id)
{
    uint64_t changed;
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_CREDENTIAL_REMOVE, &s, "uuu", account, id, (uint64_t)CREDENTIAL_APP));
    TRY(sql_run(d, s, &changed));
    if (!changed)
        return FAIL(ST_NOTFOUND, "there is no such app password");
    return raise_version(d, account);
}

enum st directory_app_remove(struct directory *d, uint64_t account, uint64_t id)
{
    struct sql_scope sc;

    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, remove_app(d, account, id));
}

/* --- reading ------------------------------------------------------------------------------------------ */

enum st directory_credential_list(struct directory *d, struct arena *a, uint64_t account,
                                  struct directory_credential **out, size_t *out_n)
{
    struct directory_credential *v = ARENA_ARRAY(a, struct directory_credential, DIRECTORY_CREDENTIALS_MAX);
    size_t n = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_CREDENTIAL_LIST, &s, "uu", account, (uint64_t)DIRECTORY_CREDENTIALS_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == DIRECTORY_CREDENTIALS_MAX)
            break;
        v[n++] = (struct directory_credential){.id = sql_number(s, 0),
                                               .kind = (enum credential_kind)sql_number(s, 1),
                                               .name = sql_text(a, s, 2),
                                               .hash = sql_text(a, s, 3),
                                               .created_us = sql_number(s, 4),
                                               .used_us = sql_number(s, 5),
                                               .uses = (uint32_t)sql_number(s, 6),
                                               .used_from = sql_text(a, s, 7),
                                               .scram = sql_text(a, s, 8)};
    }
    sqlite3_reset(s);
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_credential_used(struct directory *d, uint64_t id, uint64_t now_us, struct str from)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_CREDENTIAL_USED, &s, "uus", id, now_us, from));
    return sql_run(d, s, NULL);
}

enum st directory_login(struct directory *d, struct arena *a, const struct directory_address *address,
                        struct directory_account *out_account, struct directory_credential **out, size_t *out_n)
{
    struct directory_account account;

    TRY(directory_account_find(d, a, address, &account));
    TRY(directory_credential_list(d, a, account.id, out, out_n));
    *out_account = account;
    return ST_OK;
}

/* --- SCRAM -------------------------------------------------------------------------------------------- */

static enum st read_scram(struct directory *d, struct arena *a, uint64_t account, struct directory_scram *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_SCRAM_GET, &s, "u", account));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "there is no such account");
    *out = (struct directory_scram){sql_text(a, s, 0), (uint32_t)sql_number(s, 1)};
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_scram_of(struct directory *d, struct arena *a, uint64_t account, struct directory_scram *out)
{
    struct directory_scram is;
    unsigned char raw[SALT_BYTES];
    struct buf salt;
    sqlite3_stmt *s;

    TRY(read_scram(d, a, account, &is));
    if (!is.salt.n) {
        random_bytes(raw, sizeof(raw));
        buf_init(&salt, 64);
        base64_encode(&salt, str_n((const char *)raw, sizeof(raw)));
        is = (struct directory_scram){arena_str(a, buf_str(&salt)), SCRAM_ITERATIONS};
        buf_fini(&salt);
        TRY(sql_bind(d, SQL_SCRAM_SET, &s, "usu", account, is.salt, (uint64_t)is.iterations));
        TRY(sql_run(d, s, NULL));
    }
    *out = is;
    return ST_OK;
}

enum st directory_scram_put(struct directory *d, uint64_t account, struct str hash, struct str scram)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_CREDENTIAL_SCRAM, &s, "uss", account, scram, hash));
    return sql_run(d, s, NULL);
}

enum st directory_scram_lacking(struct directory *d, struct arena *a, size_t max, struct str *out, size_t *out_n)
{
    sqlite3_stmt *s;
    size_t n = 0;
    bool row;

    TRY(sql_bind(d, SQL_SCRAM_LACKING, &s, "u", (uint64_t)max));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == max)
            break;
        out[n++] = sql_text(a, s, 0);
    }
    sqlite3_reset(s);
    *out_n = n;
    return ST_OK;
}

static enum st is_any(struct directory *d, enum sql_statement which, bool *out)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, which, &s, ""));
    TRY(sql_row(d, s, out));
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_scram_complete(struct directory *d, bool *out)
{
    bool any = false, lacks = true;

    TRY(is_any(d, SQL_SCRAM_LACKS, &lacks)); /* there is an index of those */
    if (!lacks)
        TRY(is_any(d, SQL_SCRAM_ANY, &any));
    *out = any && !lacks;
    return ST_OK;
}

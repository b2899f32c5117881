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

/* --- app passwords and certificates ------------------------------------------------------------------------------------ */

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

static const struct kind {
    enum credential_kind kind;
    const char *what;
    uint64_t max;
} app_password = {CREDENTIAL_APP, "app password", LIMIT_APP_PASSWORDS},
  certificate = {CREDENTIAL_CERTIFICATE, "certificate", LIMIT_CLIENT_CERTIFICATES};

static enum st add_named(struct directory *d, uint64_t account, const struct kind *kind,
                         const struct directory_credential *c, uint64_t *out_id)
{
    struct directory_credential named = *c;
    uint64_t n;
    enum st st;

    named.kind = kind->kind;
    TRY(count_of(d, account, kind->kind, &n));
    if (n >= kind->max)
        return FAIL(ST_LIMIT, "an account has at most %llu of the kind %s: remove one that is not used any more",
                    (unsigned long long)kind->max, kind->what);
    TRY(raise_version(d, account));
    st = add(d, account, &named, out_id);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "there is a%s %s \"%.*s\" already", kind == &app_password ? "n" : "", kind->what,
                    STR_ARGS(c->name));
    return st;
}

static enum st check_name(const struct kind *kind, struct str name)
{
    return name.n > 0 && name.n <= (size_t)DIRECTORY_NAME_MAX && str_is_utf8(name)
               ? ST_OK
               : FAIL(ST_SYNTAX, "the name of a%s %s has 1 to %d bytes of UTF-8", kind == &app_password ? "n" : "",
                      kind->what, DIRECTORY_NAME_MAX);
}

enum st directory_app_add(struct directory *d, uint64_t account, const struct directory_credential *c, uint64_t *out_id)
{
    struct sql_scope sc;

    TRY(check_name(&app_password, c->name));
    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, add_named(d, account, &app_password, c, out_id));
}

static enum st remove_named(struct directory *d, uint64_t account, const struct kind *kind, uint64_t id)
{
    uint64_t changed;
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_CREDENTIAL_REMOVE, &s, "uuu", account, id, (uint64_t)kind->kind));
    TRY(sql_run(d, s, &changed));
    if (!changed)
        return FAIL(ST_NOTFOUND, "there is no such %s", kind->what);
    return raise_version(d, account);
}

enum st directory_app_remove(struct directory *d, uint64_t account, uint64_t id)
{
    struct sql_scope sc;

    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, remove_named(d, account, &app_password, id));
}

static enum st find_certificate(struct directory *d, struct str fingerprint, uint64_t *out_account,
                                struct directory_credential *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_CREDENTIAL_BY_HASH, &s, "us", (uint64_t)CREDENTIAL_CERTIFICATE, fingerprint));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "the certificate is nobody's");
    *out = (struct directory_credential){
        .id = sql_number(s, 0), .kind = CREDENTIAL_CERTIFICATE, .uses = (uint32_t)sql_number(s, 2)};
    *out_account = sql_number(s, 1);
    sqlite3_reset(s);
    return ST_OK;
}

static enum st add_certificate(struct directory *d, uint64_t account, const struct directory_credential *c,
                               uint64_t *out_id)
{
    struct directory_credential other;
    uint64_t whose;
    enum st st = find_certificate(d, c->hash, &whose, &other);

    if (st == ST_OK)
        return FAIL(ST_EXISTS, "that certificate stands for %s account already", whose == account ? "this" : "another");
    if (st != ST_NOTFOUND)
        return st;
    return add_named(d, account, &certificate, c, out_id);
}

enum st directory_certificate_add(struct directory *d, uint64_t account, const struct directory_credential *c,
                                  uint64_t *out_id)
{
    struct sql_scope sc;

    TRY(check_name(&certificate, c->name));
    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, add_certificate(d, account, c, out_id));
}

enum st directory_certificate_remove(struct directory *d, uint64_t account, uint64_t id)
{
    struct sql_scope sc;

    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, remove_named(d, account, &certificate, id));
}

enum st directory_certificate_find(struct directory *d, struct arena *a, struct str fingerprint,
                                   struct directory_account *out_account, struct directory_credential *out)
{
    struct directory_credential found;
    uint64_t account;

    TRY(find_certificate(d, fingerprint, &account, &found));
    TRY(directory_account_by_id(d, a, account, out_account));
    *out = found;
    return ST_OK;
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

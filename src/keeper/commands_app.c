/* App passwords of accounts, and certificates that they log in with: made, listed, revoked; and who lacks keys for SCRAM. */
#include "keeper/commands_inside.h"

#include "base/clock.h"
#include "base/codec.h"
#include "directory/app_password.h"
#include "keeper/keeper.h"
#include "sasl/scram_keys.h"

#define LACKING_SHOWN 1000

static const struct {
    struct str word;
    enum credential_use use;
} uses[] = {{STR("imap"), USE_IMAP}, {STR("pop3"), USE_POP3}, {STR("smtp"), USE_SMTP}};

static enum st uses_arg(struct command *c, uint32_t *out)
{
    struct str v, word;

    *out = 0;
    if (!admin_value(&c->args, "protocols", &v) || str_eq(v, STR("all")))
        return ST_OK;
    while (v.n && str_split(&v, ',', &word)) {
        size_t i = 0;

        while (i < ARRAY_LEN(uses) && !str_ieq(str_trim(word), uses[i].word))
            i++;
        if (i == ARRAY_LEN(uses))
            return FAIL(ST_SYNTAX, "--protocols are imap, pop3, smtp with commas between, or all");
        *out |= uses[i].use;
    }
    return *out ? ST_OK : FAIL(ST_SYNTAX, "--protocols names none");
}

static struct str uses_text(struct arena *a, uint32_t of)
{
    struct str text = STR_NONE;

    for (size_t i = 0; i < ARRAY_LEN(uses); i++)
        if (of & uses[i].use)
            text = text.n ? arena_printf(a, "%.*s,%.*s", STR_ARGS(text), STR_ARGS(uses[i].word)) : uses[i].word;
    return text.n ? text : STR("all");
}

struct str command_credential_kind(enum credential_kind kind)
{
    static const struct str words[] = {[CREDENTIAL_PASSWORD] = STR("password"),
                                       [CREDENTIAL_APP] = STR("app password"),
                                       [CREDENTIAL_CERTIFICATE] = STR("certificate")};

    return words[kind];
}

static void fields(struct command *c, const struct directory_credential *v)
{
    json_kv_str(c->out, "id", arena_printf(c->arena, "%llu", (unsigned long long)v->id));
    json_kv_str(c->out, "name", v->name);
    json_kv_str(c->out, "protocols", uses_text(c->arena, v->uses));
    json_kv_str(c->out, "created", time_rfc3339(c->arena, v->created_us));
    json_kv_str(c->out, "last_use", v->used_us ? time_rfc3339(c->arena, v->used_us) : STR("never"));
    json_kv_str(c->out, "last_address", v->used_from);
}

/* "device 1" and so on, the first that is free. */
static struct str free_name(struct command *c, const char *word, const struct directory_credential *v, size_t n)
{
    for (size_t k = 1;; k++) {
        struct str name = arena_printf(c->arena, "%s %zu", word, k);
        size_t i = 0;

        while (i < n && !str_eq(v[i].name, name))
            i++;
        if (i == n)
            return name;
    }
}

enum st command_scram_keys(struct command *c, uint64_t account, struct str password, struct str *out)
{
    struct directory_scram scram;
    struct scram_keys keys;

    TRY(directory_scram_of(c->directory, c->arena, account, &scram));
    TRY(scram_keys_make(secret_of(password), scram.salt, scram.iterations, &keys));
    *out = scram_keys_text(c->arena, &keys);
    wipe(&keys, sizeof(keys));
    return ST_OK;
}

enum st command_app_add(struct command *c)
{
    struct directory_account account;
    struct directory_credential *v, app = {0};
    char hash[APP_PASSWORD_HASH_MAX];
    size_t n;
    enum st st;

    TRY(command_account(c, &account));
    TRY(uses_arg(c, &app.uses));
    TRY(directory_credential_list(c->directory, c->arena, account.id, &v, &n));
    if (!admin_value(&c->args, "name", &app.name))
        app.name = free_name(c, "device", v, n);
    c->random = app_password_make(c->arena);
    if (!app_password_hash(secret_of(c->random), hash))
        return FAIL(ST_INTERNAL, "an app password that is none");
    app.hash = str_z(hash);
    TRY(command_scram_keys(c, account.id, c->random, &app.scram));
    st = directory_app_add(c->directory, account.id, &app, &app.id);
    wipe((void *)(uintptr_t)app.scram.p, app.scram.n);
    TRY(st);
    app.created_us = clock_wall_us();
    json_object(c->out);
    json_kv_str(c->out, "account", account.address);
    fields(c, &app);
    json_kv_str(c->out, "password", c->random);
    json_object_end(c->out);
    return ST_OK;
}

static enum st list(struct command *c, enum credential_kind kind, const char *key)
{
    struct directory_account account;
    struct directory_credential *v;
    size_t n;

    TRY(command_account(c, &account));
    TRY(directory_credential_list(c->directory, c->arena, account.id, &v, &n));
    json_object(c->out);
    json_key(c->out, key);
    json_array(c->out);
    for (size_t i = 0; i < n; i++) {
        if (v[i].kind != kind)
            continue;
        json_object(c->out);
        fields(c, &v[i]);
        if (kind == CREDENTIAL_CERTIFICATE)
            json_kv_str(c->out, "sha256", v[i].hash);
        json_object_end(c->out);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_app_list(struct command *c)
{
    return list(c, CREDENTIAL_APP, "app_passwords");
}

/* By number, or by name: a name that looks like a number is found too. */
static enum st find(struct command *c, uint64_t account, enum credential_kind kind, struct str word,
                    struct directory_credential *out)
{
    struct directory_credential *v;
    uint64_t id = 0;
    size_t n;

    TRY(directory_credential_list(c->directory, c->arena, account, &v, &n));
    if (str_u64(word, UINT64_MAX, &id) != ST_OK)
        id = 0;
    for (size_t i = 0; i < n; i++)
        if (v[i].kind == kind && (str_eq(v[i].name, word) || v[i].id == id)) {
            *out = v[i];
            return ST_OK;
        }
    return FAIL(ST_NOTFOUND, "there is no %.*s \"%.*s\"", STR_ARGS(command_credential_kind(kind)), STR_ARGS(word));
}

static enum st revoke(struct command *c, enum credential_kind kind, const char *why)
{
    struct directory_account account;
    struct directory_credential v;

    TRY(command_account(c, &account));
    TRY(find(c, account.id, kind, c->args.args[1], &v));
    if (kind == CREDENTIAL_APP)
        TRY(directory_app_remove(c->directory, account.id, v.id));
    else
        TRY(directory_certificate_remove(c->directory, account.id, v.id));
    command_revoke(c, account.id, why);
    c->revoked_credential = v.id;
    json_object(c->out);
    json_kv_str(c->out, "removed", v.name);
    json_kv_str(c->out, "account", account.address);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_app_remove(struct command *c)
{
    return revoke(c, CREDENTIAL_APP, "the app password was revoked");
}

/* --- certificates ----------------------------------------------------------------------------------------------- */

/* As `openssl x509 -noout -fingerprint -sha256` says it, whatever stands before "=", with colons or without. */
static enum st fingerprint_of(struct command *c, struct str word, struct str *out)
{
    char *hex = arena_alloc(c->arena, word.n + 1);
    size_t n = 0;
    struct str raw;

    if (str_find(word, '=') < word.n)
        word = str_from(word, str_find(word, '=') + 1);
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] != ':')
            hex[n++] = ascii_lower(word.p[i]);
    if (n != DIRECTORY_FINGERPRINT_HEX || hex_decode(c->arena, str_n(hex, n), &raw) != ST_OK)
        return FAIL(ST_SYNTAX, "no SHA-256 fingerprint: openssl x509 -noout -fingerprint -sha256 -in FILE prints it");
    *out = str_n(hex, n);
    return ST_OK;
}

enum st command_certificate_add(struct command *c)
{
    struct directory_account account;
    struct directory_credential *v, certificate = {0};
    size_t n;

    TRY(command_account(c, &account));
    TRY(uses_arg(c, &certificate.uses));
    TRY(fingerprint_of(c, c->args.args[1], &certificate.hash));
    TRY(directory_credential_list(c->directory, c->arena, account.id, &v, &n));
    if (!admin_value(&c->args, "name", &certificate.name))
        certificate.name = free_name(c, "certificate", v, n);
    TRY(directory_certificate_add(c->directory, account.id, &certificate, &certificate.id));
    certificate.created_us = clock_wall_us();
    json_object(c->out);
    json_kv_str(c->out, "account", account.address);
    fields(c, &certificate);
    json_kv_str(c->out, "sha256", certificate.hash);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_certificate_list(struct command *c)
{
    return list(c, CREDENTIAL_CERTIFICATE, "certificates");
}

enum st command_certificate_remove(struct command *c)
{
    return revoke(c, CREDENTIAL_CERTIFICATE, "the certificate was revoked");
}

enum st command_scram(struct command *c)
{
    static const struct str words[] = {[SCRAM_AUTO] = STR("auto"), [SCRAM_YES] = STR("yes"), [SCRAM_NO] = STR("no")};
    struct str *lacking = ARENA_ARRAY(c->arena, struct str, LACKING_SHOWN);
    bool announced = c->set->auth_scram == SCRAM_YES, complete;
    size_t n;

    TRY(directory_scram_lacking(c->directory, c->arena, LACKING_SHOWN, lacking, &n));
    TRY(directory_scram_complete(c->directory, &complete));
    json_object(c->out);
    json_kv_str(c->out, "setting", words[c->set->auth_scram]);
    json_kv_bool(c->out, "announced", announced || (c->set->auth_scram == SCRAM_AUTO && complete));
    json_key(c->out, "without_keys");
    json_array(c->out);
    for (size_t i = 0; i < n; i++)
        json_str(c->out, lacking[i]);
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

#include "backup/account.h"

#include "admin/admin.h"
#include "admin/import.h"
#include "base/codec.h"
#include "base/rec.h"
#include "mime/addrspec.h"

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALIASES_AT_ONCE 500

/* --- asking the server -------------------------------------------------------------------------------------------- */

static enum st ask(struct account_restored *s, const struct str *words, size_t n, struct str input, int with,
                   struct str *out)
{
    struct admin_answer answer = {0};
    enum st st;

    buf_init(&answer.json, ADMIN_ANSWER_MAX);
    st = admin_ask(s->arena, s->socket, words, n, input, with, &answer);
    if (st == ST_OK && answer.st != ST_OK)
        st = err_set(answer.st, __FILE__, __LINE__, "%.*s", STR_ARGS(str_sub(answer.text, 0, 200)));
    if (st == ST_OK && out)
        *out = arena_str(s->arena, buf_str(&answer.json));
    buf_fini(&answer.json);
    return st;
}

#define ASK(s, ...)                                                                                                    \
    __extension__({                                                                                                    \
        const struct str words_[] = {__VA_ARGS__};                                                                     \
        ask((s), words_, ARRAY_LEN(words_), STR_NONE, -1, NULL);                                                       \
    })

void account_note(struct account_restored *s, struct str text)
{
    if (s->n_notes == s->cap_notes) {
        struct str *more = ARENA_ARRAY(s->arena, struct str, s->cap_notes = 2 * s->cap_notes + 8);

        if (s->n_notes)
            memcpy(more, s->notes, s->n_notes * sizeof *more);
        s->notes = more;
    }
    s->notes[s->n_notes++] = text;
}

/* --- the account in the backup -------------------------------------------------------------------------------------- */

static enum st open_directory(struct account_restored *s)
{
    const struct backup_file *f = backup_manifest_find(&s->chosen->manifest, STR(BACKUP_DIRECTORY));
    const char *copy = arena_printf(s->arena, "%s/" BACKUP_DIRECTORY, s->work).p;
    struct chosen_copy c = {.file = f, .to = copy};
    bool is_good = true;
    enum st st;

    c.from = backup_path(s->arena, s->chosen->dir, s->chosen->set.name, STR(BACKUP_DIRECTORY));
    TRY(chosen_copy_file(&c, &is_good));
    if (!is_good)
        account_note(s, STR("the directory of accounts in the backup is damaged"));
    st = directory_open(copy, &s->directory);
    return st == ST_OK ? ST_OK : err_context(st, "the directory of the set %.*s: ", STR_ARGS(s->chosen->set.name));
}

static enum st by_address(struct account_restored *s)
{
    struct addrspec spec;
    struct directory_address address;

    TRY(addrspec_parse(s->address, &spec));
    address = (struct directory_address){arena_str(s->arena, spec.local), arena_str(s->arena, spec.domain)};
    return directory_account_find(s->directory, s->arena, &address, &s->account);
}

/* It may have had another address then: the server knows its number. */
static enum st by_number(struct account_restored *s)
{
    const struct str words[] = {STR("account"), STR("show"), s->address};
    struct str json, raw;
    struct rec r;
    const char *id;
    json_t *o;
    enum st st = ST_NOTFOUND;

    TRY(ask(s, words, ARRAY_LEN(words), STR_NONE, -1, &json));
    o = json_loadb(json.p, json.n, 0, NULL);
    id = json_string_value(json_object_get(o, "id"));
    if (id && hex_decode(s->arena, str_z(id), &raw) == ST_OK && raw.n == 8) {
        r = rec_of(raw);
        st = directory_account_by_id(s->directory, s->arena, rec_u64_be(&r), &s->account);
    }
    json_decref(o);
    return st;
}

enum st account_find(struct account_restored *s)
{
    enum st st;

    TRY(open_directory(s));
    st = by_address(s);
    if (st == ST_NOTFOUND)
        st = by_number(s);
    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "the set %.*s has no account %.*s", STR_ARGS(s->chosen->set.name),
                    STR_ARGS(s->address));
    return st;
}

/* --- the account in the server -------------------------------------------------------------------------------------- */

static enum st read_hash(struct account_restored *s)
{
    struct directory_credential *v;
    size_t n;

    TRY(directory_credential_list(s->directory, s->arena, s->account.id, &v, &n));
    for (size_t i = 0; i < n; i++) {
        if (v[i].kind == CREDENTIAL_PASSWORD)
            s->hash = v[i].hash;
        s->app_passwords += v[i].kind == CREDENTIAL_APP;
    }
    return s->hash.n ? ST_OK : FAIL(ST_NOTFOUND, "the account has no password in the backup");
}

/* Its row as `account import` takes it; what a line of that can't say is set afterwards. */
static enum st import_account(struct account_restored *s)
{
    const struct str words[] = {STR("account"), STR("import"), STR("-")};
    const struct directory_account *a = &s->account;
    struct admin_entry e = {.line = 1, .address = s->address, .hash = s->hash, .name = a->name};
    struct buf input;
    struct str json;
    const char *why;
    json_t *o;
    enum st st;

    e.quota = arena_printf(s->arena, "%llu", (unsigned long long)a->quota_bytes);
    e.quota_messages = arena_printf(s->arena, "%llu", (unsigned long long)a->quota_messages);
    buf_init(&input, ADMIN_INPUT_MAX);
    admin_entry_put(&input, &e);
    st = ask(s, words, ARRAY_LEN(words), buf_str(&input), -1, &json);
    buf_fini(&input);
    TRY(st);
    o = json_loadb(json.p, json.n, 0, NULL);
    why = json_string_value(json_object_get(json_array_get(json_object_get(o, "failed"), 0), "error"));
    if (why)
        st = FAIL(ST_DENIED, "%s", why);
    json_decref(o);
    return st;
}

static enum st set_rest(struct account_restored *s)
{
    const struct directory_account *a = &s->account;
    struct str keep = arena_printf(s->arena, "%us", a->keep_s);

    TRY(ASK(s, STR("account"), STR("set"), s->address, STR("--keep-deleted"),
            a->keep_s == KEEP_DEFAULT ? STR("default") : keep, STR("--language"),
            a->language[0] ? str_z(a->language) : STR("default"), STR("--send-as-domain"),
            a->may_use_domain ? STR("yes") : STR("no"), STR("--imap-withhold"),
            a->imap_withheld.n ? a->imap_withheld : STR("none")));
    if (!a->is_disabled)
        return ST_OK;
    return ASK(s, STR("account"), STR("disable"), s->address, STR("--reason"), a->disabled);
}

/* Those that led to it, as far as they do not any more. */
static enum st add_alias(struct account_restored *s, const struct directory_alias *alias)
{
    enum st st = ST_NOTFOUND;

    for (size_t i = 0; i < alias->n_targets && st == ST_NOTFOUND; i++)
        if (str_ieq(alias->targets[i], s->account.address))
            st = ASK(s, STR("alias"), STR("add"), alias->address, s->address);
    if (st == ST_OK)
        s->aliases++;
    else if (st != ST_NOTFOUND && st != ST_EXISTS)
        account_note(s, arena_printf(s->arena, "alias %.*s: %s", STR_ARGS(alias->address), err_get()->text));
    return ST_OK;
}

static enum st add_aliases(struct account_restored *s)
{
    struct directory_address after, *behind = NULL;
    struct arena page = ARENA_INIT, last = ARENA_INIT;
    struct directory_alias *v;
    size_t n = 0;
    enum st st;

    do {
        arena_reset(&page);
        st = directory_alias_list(s->directory, &page, STR_NONE, behind, ALIASES_AT_ONCE, &v, &n);
        for (size_t i = 0; st == ST_OK && i < n; i++)
            st = add_alias(s, &v[i]);
        if (st == ST_OK && n) {
            struct str address;
            size_t at;

            arena_reset(&last);
            address = arena_str(&last, v[n - 1].address);
            at = str_rfind(address, '@');
            after = (struct directory_address){str_sub(address, 0, at), str_from(address, at + 1)};
            behind = &after;
        }
    } while (st == ST_OK && n == ALIASES_AT_ONCE);
    arena_fini(&page);
    arena_fini(&last);
    return st;
}

static enum st make_account(struct account_restored *s)
{
    struct str domain = str_from(s->address, str_rfind(s->address, '@') + 1);
    enum st st = ASK(s, STR("domain"), STR("show"), domain);

    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND,
                    "the server has no domain %.*s any more: \"restante domain add %.*s\", then this again",
                    STR_ARGS(domain), STR_ARGS(domain));
    TRY(st);
    TRY(read_hash(s));
    TRY(import_account(s));
    s->is_made = true;
    TRY(set_rest(s));
    return add_aliases(s);
}

enum st account_have(struct account_restored *s)
{
    enum st st = ASK(s, STR("account"), STR("show"), s->address);

    return st == ST_NOTFOUND ? make_account(s) : st;
}

/* --- its mail ----------------------------------------------------------------------------------------------------- */

/* As `import` does: the server makes its end of the pair a session of the account. */
enum st account_open_mail(struct account_restored *s, int *out_fd)
{
    const struct str words[] = {STR("import"), s->address, str_z(s->chosen->dir)};
    int pair[2];
    enum st st;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return FAIL_ERRNO("socketpair");
    st = ask(s, words, ARRAY_LEN(words), STR_NONE, pair[1], NULL);
    close(pair[1]);
    if (st == ST_OK)
        *out_fd = pair[0];
    else
        close(pair[0]);
    return st;
}

void account_fini(struct account_restored *s)
{
    directory_close(TAKE(s->directory));
}

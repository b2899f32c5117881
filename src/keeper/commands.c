#include "keeper/commands_inside.h"

#include "base/must.h"
#include "base/random.h"
#include "base/retention.h"
#include "base/uidl_format.h"
#include "imap/withhold.h"
#include "keeper/cards.h"
#include "keeper/keeper.h"
#include "mime/addrspec.h"
#include "policy/mta_sts.h"

#define PASSWORD_LETTERS 26 /* 130 bits */
#define KEEP_MOST_S (3650u * 86400)
#define DELAY_MOST_S 86400u

/* --- words to values --------------------------------------------------------------------------------- */

enum st command_domain_arg(struct command *c, size_t i, struct str *out)
{
    return domain_parse(c->arena, c->args.args[i], out);
}

enum st command_address_arg(struct command *c, size_t i, struct directory_address *out)
{
    return keeper_address(c->directory, c->arena, c->args.args[i], true, out);
}

enum st command_address_or_domain(struct command *c, size_t i, struct directory_address *out)
{
    struct str word = c->args.args[i];

    if (word.n == 0 || word.p[0] != '@')
        return command_address_arg(c, i, out);
    out->local = STR("");
    return domain_parse(c->arena, str_from(word, 1), &out->domain);
}

enum st command_account(struct command *c, struct directory_account *out)
{
    struct directory_address address;

    TRY(command_address_arg(c, 0, &address));
    if (directory_account_find(c->directory, c->arena, &address, out) == ST_OK)
        return ST_OK;
    if (err_get()->st != ST_NOTFOUND)
        return err_get()->st;
    return FAIL(ST_NOTFOUND, "there is no account %.*s@%.*s", STR_ARGS(address.local), STR_ARGS(address.domain));
}

struct changes {
    struct directory_change change;
    struct str name;
    uint64_t bytes, messages;
    uint32_t keep_s;
    bool may;
    bool has_users; /* of this machine: */
    struct str users[DIRECTORY_LOCAL_USERS_MAX + 1];
    size_t n_users;
    struct str language, withheld;
    uint32_t retention, delay;
    struct str uidl;
};

static enum st keep_arg(struct str v, uint32_t *out)
{
    uint64_t seconds;

    *out = KEEP_DEFAULT;
    if (str_eq(v, STR("default")))
        return ST_OK;
    TRY(admin_duration(v, &seconds));
    if (seconds > KEEP_MOST_S)
        return FAIL(ST_SYNTAX, "deleted messages are kept for at most 3650d");
    *out = (uint32_t)seconds;
    return ST_OK;
}

/* In the largest unit that it is a whole number of. */
static struct str keep_text(struct arena *a, uint32_t seconds)
{
    static const struct {
        uint32_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    if (seconds == KEEP_DEFAULT)
        return STR("default");
    while (seconds % units[i].seconds || (!seconds && i < ARRAY_LEN(units) - 1))
        i++;
    return arena_printf(a, "%u%c", seconds / units[i].seconds, units[i].letter);
}

enum st command_messages(struct str v, uint64_t *out)
{
    return str_u64(v, INT64_MAX, out) == ST_OK ? ST_OK
                                               : FAIL(ST_SYNTAX, "\"%.*s\" is no number of messages", STR_ARGS(v));
}

/* "root,www-data"; one more than may be is enough to be refused for. */
static void users_arg(struct str v, struct changes *out)
{
    struct str name;

    out->has_users = true;
    while (v.n && out->n_users < ARRAY_LEN(out->users) && str_split(&v, ',', &name))
        out->users[out->n_users++] = str_trim(name);
}

/* One of those that notices are written in; none for "default". */
static enum st language_arg(struct str *v)
{
    if (str_eq(*v, STR("default"))) {
        *v = STR("");
        return ST_OK;
    }
    for (enum config_language l = 0; config_language_name(l); l++)
        if (str_eq(*v, str_z(config_language_name(l))))
            return ST_OK;
    return FAIL(ST_SYNTAX, "notices are not written in \"%.*s\": en, zh, or default", STR_ARGS(*v));
}

/* None for "none". */
static enum st withheld_arg(struct str *v)
{
    if (str_eq(*v, STR("none")))
        *v = STR("");
    return imap_withhold_check(*v);
}

enum st command_yes_no(struct command *c, const char *option, bool *out)
{
    struct str v;

    if (!admin_value(&c->args, option, &v))
        return ST_NOTFOUND;
    if (!str_eq(v, STR("yes")) && !str_eq(v, STR("no")))
        return FAIL(ST_SYNTAX, "--%s is yes or no", option);
    *out = str_eq(v, STR("yes"));
    return ST_OK;
}

static enum st delay_arg(struct str v, uint32_t *out)
{
    uint64_t seconds;

    *out = DIRECTORY_DELAY_DEFAULT;
    if (str_eq(v, STR("default")))
        return ST_OK;
    TRY(admin_duration(v, &seconds));
    if (seconds > DELAY_MOST_S)
        return FAIL(ST_SYNTAX, "there is at most 1d between two logins");
    *out = (uint32_t)seconds;
    return ST_OK;
}

static enum st uidl_arg(struct str *v)
{
    if (str_eq(*v, STR("default"))) {
        *v = STR("");
        return ST_OK;
    }
    *v = uidl_format_named(*v);
    return uidl_format_check(*v, false);
}

static enum st pop3_arg(struct command *c, struct changes *out)
{
    struct str v;

    if (admin_value(&c->args, "pop3-retention", &v)) {
        TRY(retention_parse(v, true, &out->retention));
        out->change.pop3_retention = &out->retention;
    }
    if (admin_value(&c->args, "pop3-login-delay", &v)) {
        TRY(delay_arg(v, &out->delay));
        out->change.pop3_delay = &out->delay;
    }
    if (admin_value(&c->args, "pop3-uidl", &out->uidl)) {
        TRY(uidl_arg(&out->uidl));
        out->change.pop3_uidl = &out->uidl;
    }
    return ST_OK;
}

static enum st changes_arg(struct command *c, struct changes *out)
{
    struct str v;
    enum st st;

    *out = (struct changes){0};
    if (admin_value(&c->args, "name", &out->name))
        out->change.name = &out->name;
    if (admin_value(&c->args, "quota", &v)) {
        TRY(admin_size(v, &out->bytes));
        out->change.quota_bytes = &out->bytes;
    }
    if (admin_value(&c->args, "quota-messages", &v)) {
        TRY(command_messages(v, &out->messages));
        out->change.quota_messages = &out->messages;
    }
    if (admin_value(&c->args, "keep-deleted", &v)) {
        TRY(keep_arg(v, &out->keep_s));
        out->change.keep_s = &out->keep_s;
    }
    if (admin_value(&c->args, "local-users", &v))
        users_arg(v, out);
    if (admin_value(&c->args, "language", &out->language)) {
        TRY(language_arg(&out->language));
        out->change.language = &out->language;
    }
    if (admin_value(&c->args, "imap-withhold", &out->withheld)) {
        TRY(withheld_arg(&out->withheld));
        out->change.imap_withheld = &out->withheld;
    }
    st = command_yes_no(c, "send-as-domain", &out->may);
    if (st == ST_OK)
        out->change.may_use_domain = &out->may;
    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    return pop3_arg(c, out);
}

void command_revoke(struct command *c, uint64_t account, const char *why)
{
    if (!c->revoked)
        c->revoked = ARENA_ARRAY(c->arena, uint64_t, ADMIN_ENTRIES_MAX);
    must(c->n_revoked < ADMIN_ENTRIES_MAX);
    c->revoked[c->n_revoked++] = account;
    c->why = why;
}

/* --- domains -------------------------------------------------------------------------------------------- */

/* `is_whole`: too much for a list. */
static enum st domain_json(struct command *c, const struct directory_domain *d, bool is_whole)
{
    json_object(c->out);
    json_kv_str(c->out, "domain", d->name);
    json_kv_str(c->out, "display", domain_show(c->arena, d->name));
    json_kv_u64(c->out, "accounts", d->accounts);
    json_kv_u64(c->out, "aliases", d->aliases);
    json_kv_u64(c->out, "quota_bytes", d->quota_bytes);
    json_kv_u64(c->out, "quota_messages", d->quota_messages);
    json_kv_str(c->out, "mta_sts", d->mta_sts);
    json_kv_str(c->out, "relay", d->relay.to);
    if (d->relay.to.n) {
        json_kv_str(c->out, "relay_security", d->relay.security);
        json_kv_str(c->out, "relay_recipients", d->relay.recipients);
    }
    json_kv_bool(c->out, "send_as_domain", d->shares_senders);
    json_kv_str(c->out, "alias_of", d->alias_of);
    json_kv_str(c->out, "separators",
                d->has_separators ? (d->separators.n ? d->separators : STR("none")) : STR("default"));
    command_identity_json(c, &d->identity);
    if (c->has_domain_usage) {
        json_kv_u64(c->out, "used_bytes", c->domain_bytes);
        json_kv_u64(c->out, "used_messages", c->domain_messages);
    }
    if (is_whole)
        TRY(command_send_limits_json(c, true, d->id));
    json_kv_str(c->out, "created", time_rfc3339(c->arena, d->created_us));
    json_object_end(c->out);
    return ST_OK;
}

static enum st domain_show_one(struct command *c, struct str name)
{
    struct directory_domain d;

    TRY(directory_domain_find(c->directory, c->arena, name, &d));
    return domain_json(c, &d, true);
}

/* What --alias-of and --separators say. In a transaction of the caller. */
static enum st addresses_of_domain(struct command *c, struct str name)
{
    struct str v, of = STR_NONE;

    if (admin_value(&c->args, "alias-of", &v)) {
        if (!str_eq(v, STR("none")))
            TRY(domain_parse(c->arena, v, &of));
        TRY(directory_domain_set_alias(c->directory, name, of));
    }
    if (!admin_value(&c->args, "separators", &v))
        return ST_OK;
    if (str_eq(v, STR("default")))
        return directory_domain_set_separators(c->directory, name, NULL);
    if (str_eq(v, STR("none")))
        v = STR("");
    return directory_domain_set_separators(c->directory, name, &v);
}

static enum st run_domain_add(struct command *c)
{
    struct str name;
    enum st st;

    TRY(command_domain_arg(c, 0, &name));
    TRY(directory_begin(c->directory));
    st = directory_domain_add(c->directory, name);
    if (st == ST_OK)
        st = command_relay(c, name);
    if (st == ST_OK)
        st = command_identity(c, name);
    if (st == ST_OK)
        st = addresses_of_domain(c, name);
    if (st == ST_OK)
        st = command_dkim_keep(c, name);
    if (st == ST_OK)
        TRY(directory_commit(c->directory));
    else
        directory_abort(c->directory);
    return st == ST_OK ? domain_show_one(c, name) : st;
}

static enum st run_domain_list(struct command *c)
{
    struct directory_domain *v;
    size_t n;

    TRY(directory_domain_list(c->directory, c->arena, &v, &n));
    json_object(c->out);
    json_key(c->out, "domains");
    json_array(c->out);
    for (size_t i = 0; i < n; i++)
        TRY(domain_json(c, &v[i], false));
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

static enum st run_domain_show(struct command *c)
{
    struct str name;

    TRY(command_domain_arg(c, 0, &name));
    return domain_show_one(c, name);
}

static enum st sts_arg(struct command *c, struct str *out)
{
    enum sts_mode mode;

    *out = STR_NONE;
    if (!admin_value(&c->args, "mta-sts", out))
        return ST_OK;
    return sts_mode_parse(*out, &mode) == ST_OK ? ST_OK : FAIL(ST_SYNTAX, "--mta-sts is none, testing or enforce");
}

static enum st change_domain(struct command *c, struct str name)
{
    uint64_t bytes, messages, *has_bytes = NULL, *has_messages = NULL;
    struct directory_domain d;
    struct str v, sts;
    bool shares;
    enum st st;

    if (admin_value(&c->args, "quota", &v)) {
        TRY(admin_size(v, &bytes));
        has_bytes = &bytes;
    }
    if (admin_value(&c->args, "quota-messages", &v)) {
        TRY(command_messages(v, &messages));
        has_messages = &messages;
    }
    TRY(directory_domain_find(c->directory, c->arena, name, &d));
    TRY(command_send_limits(c, true, d.id));
    TRY(sts_arg(c, &sts));
    st = command_yes_no(c, "send-as-domain", &shares);
    if (st == ST_OK)
        st = directory_domain_set_sharing(c->directory, name, shares);
    if (st != ST_OK && (st != ST_NOTFOUND || admin_has(&c->args, "send-as-domain")))
        return st;
    TRY(command_relay(c, name));
    TRY(command_identity(c, name));
    TRY(addresses_of_domain(c, name));
    TRY(directory_domain_set(c->directory, name, has_bytes, has_messages));
    return sts.n ? directory_domain_set_sts(c->directory, name, sts) : ST_OK;
}

/* All or nothing: a word that is wrong changes nothing. */
static enum st run_domain_set(struct command *c)
{
    struct str name;
    enum st st;

    TRY(command_domain_arg(c, 0, &name));
    TRY(directory_begin(c->directory));
    st = change_domain(c, name);
    if (st == ST_OK)
        TRY(directory_commit(c->directory));
    else
        directory_abort(c->directory);
    TRY(st);
    TRY(directory_domain_find(c->directory, c->arena, name, &c->domain));
    c->tells_domain = true;
    return domain_json(c, &c->domain, true);
}

static enum st run_domain_remove(struct command *c)
{
    struct str name;

    TRY(command_domain_arg(c, 0, &name));
    TRY(directory_domain_remove(c->directory, name));
    json_object(c->out);
    json_kv_str(c->out, "removed", name);
    json_object_end(c->out);
    return ST_OK;
}

/* --- accounts ------------------------------------------------------------------------------------------- */

static void account_fields(struct command *c, struct arena *a, const struct directory_account *account)
{
    char retention[24];

    json_kv_str(c->out, "address", account->address);
    json_kv_str(c->out, "name", account->name);
    json_kv_u64(c->out, "quota_bytes", account->quota_bytes);
    json_kv_u64(c->out, "quota_messages", account->quota_messages);
    json_kv_bool(c->out, "disabled", account->is_disabled);
    json_kv_str(c->out, "reason", account->disabled);
    json_kv_bool(c->out, "send_as_domain", account->may_use_domain);
    json_kv_str(c->out, "language", account->language[0] ? str_z(account->language) : STR("default"));
    json_kv_str(c->out, "imap_withheld", account->imap_withheld);
    json_kv_str(c->out, "keep_deleted", keep_text(a, account->keep_s));
    retention_print(account->pop3_retention, retention);
    json_kv_str(c->out, "pop3_retention", str_z(retention));
    json_kv_str(c->out, "pop3_login_delay", keep_text(a, account->pop3_delay));
    json_kv_str(c->out, "pop3_uidl", account->pop3_uidl.n ? account->pop3_uidl : STR("default"));
    json_kv_str(c->out, "created", time_rfc3339(a, account->created_us));
    json_kv_str(c->out, "id", arena_printf(a, "%016llx", (unsigned long long)account->id));
}

static enum st account_show_one(struct command *c, uint64_t id)
{
    struct directory_account account;
    struct directory_credential *v;
    struct str *users;
    size_t n, n_users;

    TRY(directory_account_by_id(c->directory, c->arena, id, &account));
    TRY(directory_credential_list(c->directory, c->arena, id, &v, &n));
    TRY(directory_local_users_list(c->directory, c->arena, id, &users, &n_users));
    json_object(c->out);
    account_fields(c, c->arena, &account);
    json_key(c->out, "local_users");
    json_array(c->out);
    for (size_t i = 0; i < n_users; i++)
        json_str(c->out, users[i]);
    json_array_end(c->out);
    TRY(command_send_limits_json(c, false, id));
    TRY(command_delegates_json(c, id));
    if (c->has_usage) {
        json_kv_u64(c->out, "used_bytes", c->bytes);
        json_kv_u64(c->out, "used_messages", c->messages);
    }
    if (c->random.n)
        json_kv_str(c->out, "password", c->random);
    json_key(c->out, "credentials");
    json_array(c->out);
    for (size_t i = 0; i < n; i++) {
        size_t scheme = str_find(str_from(v[i].hash, 1), '$');

        json_object(c->out);
        json_kv_str(c->out, "kind", command_credential_kind(v[i].kind));
        json_kv_str(c->out, "name", v[i].name);
        json_kv_str(c->out, "scheme",
                    v[i].kind == CREDENTIAL_CERTIFICATE ? STR("certificate") : str_sub(v[i].hash, 1, scheme));
        json_kv_str(c->out, "created", time_rfc3339(c->arena, v[i].created_us));
        json_kv_str(c->out, "last_use", v[i].used_us ? time_rfc3339(c->arena, v[i].used_us) : STR("never"));
        json_kv_str(c->out, "last_address", v[i].used_from);
        json_object_end(c->out);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_check_account(struct command *c, const struct directory_address *address)
{
    bool diverts;

    TRY(directory_alias_diverts(c->directory, address, &diverts));
    if (diverts)
        return FAIL(ST_EXISTS, "there is an alias %.*s@%.*s, which takes all mail for that address: remove it first",
                    STR_ARGS(address->local), STR_ARGS(address->domain));
    return ST_OK;
}

/* Keys of the password that has just been set, where the settings want them. */
static enum st set_password(struct command *c, uint64_t account)
{
    struct str password = c->random.n ? c->random : c->input, scram;
    enum st st;

    TRY(directory_password_set(c->directory, account, str_z(c->hash)));
    if (!c->set->auth_scram_passwords)
        return ST_OK;
    TRY(command_scram_keys(c, account, password, &scram));
    st = directory_scram_put(c->directory, account, str_z(c->hash), scram);
    wipe((void *)(uintptr_t)scram.p, scram.n);
    return st;
}

static enum st add_account(struct command *c, const struct directory_address *address,
                           const struct directory_change *change, uint64_t *out_id)
{
    TRY(command_check_account(c, address));
    TRY(directory_account_add(c->directory, address, change, out_id));
    return set_password(c, *out_id);
}

static enum st run_account_add(struct command *c)
{
    struct directory_address address;
    struct changes changes;
    uint64_t id;
    enum st st;

    TRY(command_address_arg(c, 0, &address));
    TRY(changes_arg(c, &changes));
    TRY(directory_begin(c->directory));
    st = add_account(c, &address, &changes.change, &id);
    if (st == ST_OK)
        TRY(directory_commit(c->directory));
    else
        directory_abort(c->directory);
    return st == ST_OK ? account_show_one(c, id) : st;
}

/* The address that the next page comes behind. */
struct directory_address command_address_of(struct str text)
{
    size_t at = str_rfind(text, '@');

    return (struct directory_address){str_sub(text, 0, at), str_from(text, at + 1)};
}

enum st command_list_domain(struct command *c, struct str *out)
{
    struct directory_domain d;

    *out = STR_NONE;
    if (c->args.n == 0)
        return ST_OK;
    TRY(command_domain_arg(c, 0, out));
    return directory_domain_find(c->directory, c->arena, *out, &d);
}

static enum st run_account_list(struct command *c)
{
    struct arena page = ARENA_INIT, last = ARENA_INIT;
    struct directory_address after, *behind = NULL;
    struct directory_account *v;
    struct str domain;
    size_t n = 0;
    enum st st;

    TRY(command_list_domain(c, &domain));
    json_object(c->out);
    json_key(c->out, "accounts");
    json_array(c->out);
    do {
        arena_reset(&page);
        st = directory_account_list(c->directory, &page, domain, behind, COMMAND_PAGE, &v, &n);
        for (size_t i = 0; st == ST_OK && i < n; i++) {
            json_object(c->out);
            account_fields(c, &page, &v[i]);
            json_object_end(c->out);
        }
        if (st == ST_OK && n) {
            arena_reset(&last);
            after = command_address_of(arena_str(&last, v[n - 1].address));
            behind = &after;
        }
    } while (st == ST_OK && n == COMMAND_PAGE);
    json_array_end(c->out);
    json_object_end(c->out);
    arena_fini(&page);
    arena_fini(&last);
    return st;
}

static enum st run_account_show(struct command *c)
{
    struct directory_account account;

    TRY(command_account(c, &account));
    return account_show_one(c, account.id);
}

/* The box hears of what the account may hold, and of the domain that it is in. */
static enum st tell(struct command *c, uint64_t id)
{
    struct directory_account now;

    TRY(directory_account_by_id(c->directory, c->arena, id, &now));
    c->tells = true;
    c->told = id;
    c->limits = directory_limits(&now, c->set->quota_default);
    return ST_OK;
}

static enum st change_account(struct command *c, uint64_t id, const struct changes *changes)
{
    enum st st = ST_OK;

    TRY(directory_begin(c->directory));
    if (changes->has_users)
        st = directory_local_users_set(c->directory, id, changes->users, changes->n_users);
    if (st == ST_OK)
        st = directory_account_set(c->directory, id, &changes->change);
    if (st == ST_OK)
        st = command_send_limits(c, false, id);
    if (st == ST_OK)
        return directory_commit(c->directory);
    directory_abort(c->directory);
    return st;
}

static enum st run_account_set(struct command *c)
{
    struct directory_account account;
    struct changes changes;

    TRY(command_account(c, &account));
    TRY(changes_arg(c, &changes));
    TRY(change_account(c, account.id, &changes));
    TRY(tell(c, account.id));
    return account_show_one(c, account.id);
}

/* Rights go by the account's id and not by its name: sessions go on. */
static enum st run_account_rename(struct command *c)
{
    struct directory_account account;
    struct directory_address to;
    enum st st;

    TRY(command_account(c, &account));
    TRY(command_address_arg(c, 1, &to));
    TRY(directory_begin(c->directory));
    st = directory_account_rename(c->directory, account.id, &to, admin_has(&c->args, "keep-alias"));
    if (st == ST_OK)
        st = command_check_account(c, &to);
    if (st == ST_OK)
        st = directory_commit(c->directory);
    else
        directory_abort(c->directory);
    TRY(st);
    TRY(tell(c, account.id));
    return account_show_one(c, account.id);
}

static enum st run_account_password(struct command *c)
{
    struct directory_account account;

    TRY(command_account(c, &account));
    TRY(set_password(c, account.id));
    command_revoke(c, account.id, "the password was changed");
    return account_show_one(c, account.id);
}

static enum st run_account_disable(struct command *c)
{
    struct directory_account account;
    struct str reason = STR_NONE;

    TRY(command_account(c, &account));
    admin_value(&c->args, "reason", &reason);
    TRY(directory_account_set(c->directory, account.id, &(struct directory_change){.disabled = &reason}));
    command_revoke(c, account.id, "the account was disabled");
    return account_show_one(c, account.id);
}

static enum st run_account_enable(struct command *c)
{
    struct directory_account account;

    TRY(command_account(c, &account));
    TRY(directory_account_set(c->directory, account.id, &(struct directory_change){.enable = true}));
    return account_show_one(c, account.id);
}

static enum st run_account_remove(struct command *c)
{
    struct directory_account account;

    TRY(command_account(c, &account));
    TRY(directory_account_remove(c->directory, account.id));
    command_revoke(c, account.id, "the account was removed");
    c->removes = true;
    json_object(c->out);
    json_kv_str(c->out, "removed", account.address);
    json_object_end(c->out);
    return ST_OK;
}

static enum st run_settings(struct command *c)
{
    struct directory_account account;

    TRY(command_account(c, &account));
    card_json(c->set, account.address, c->out);
    return ST_OK;
}

/* --- mail -------------------------------------------------------------------------------------------------------- */

static enum st run_opening(struct command *c)
{
    TRY(command_account(c, &c->opens));
    json_object(c->out);
    json_kv_str(c->out, "account", c->opens.address);
    json_object_end(c->out);
    return ST_OK;
}

static enum st run_export(struct command *c)
{
    return run_opening(c);
}

static enum st run_reports(struct command *c)
{
    return run_opening(c);
}

static enum st run_import(struct command *c)
{
    return run_opening(c);
}

/* --- by their rows -------------------------------------------------------------------------------------------- */

/* Those in files of their own. */
#define run_scram command_scram
#define run_app_add command_app_add
#define run_app_list command_app_list
#define run_app_remove command_app_remove
#define run_alias_add command_alias_add
#define run_alias_list command_alias_list
#define run_alias_show command_alias_show
#define run_alias_check command_alias_check
#define run_alias_disable command_alias_disable
#define run_alias_enable command_alias_enable
#define run_alias_remove command_alias_remove
#define run_certificate_add command_certificate_add
#define run_certificate_list command_certificate_list
#define run_certificate_remove command_certificate_remove
#define run_dkim_list command_dkim_list
#define run_dkim_show command_dkim_show
#define run_dkim_add command_dkim_add
#define run_dkim_rotate command_dkim_add
#define run_dkim_retire command_dkim_retire
#define run_transport_set command_transport_set
#define run_transport_list command_transport_list
#define run_transport_remove command_transport_remove
#define run_route_add command_route_add
#define run_route_list command_route_list
#define run_route_remove command_route_remove
#define run_bans_list command_bans_list
#define run_bans_add command_bans_add
#define run_bans_lift command_bans_lift
#define run_suppress_list command_suppress_list
#define run_suppress_lift command_suppress_lift
#define run_suppress_add command_suppress_add
#define run_delegate_add command_delegate_add
#define run_delegate_list command_delegate_list
#define run_delegate_remove command_delegate_remove
#define run_brake_list command_brake_list
#define run_brake_lift command_brake_lift
#define run_brake_set command_brake_set
#define run_account_import command_import_run

static enum st (*const runs[ADMIN_CMD_COUNT])(struct command *c) = {
#define COMMAND(noun, verb, target, id, args, options, flags, help) RUN_##target(id)
#define RUN_KEEPER(id) [ADMIN_CMD_##id] = run_##id,
#define RUN_BOX(id)
#define RUN_MAIN(id)
#define RUN_RESOLVER(id)
#define RUN_COURIER(id)
#include "admin/commands.def"
#undef COMMAND
#undef RUN_KEEPER
#undef RUN_BOX
#undef RUN_MAIN
#undef RUN_RESOLVER
#undef RUN_COURIER
};

static bool sets_password(const struct command *c)
{
    return c->args.command->id == ADMIN_CMD_account_add || c->args.command->id == ADMIN_CMD_account_password;
}

enum st command_init(struct command *c, const struct settings *set, struct directory *d, struct arena *a,
                     const struct str *words, size_t n, struct str input, struct json *out)
{
    *c = (struct command){.set = set, .directory = d, .arena = a, .input = input, .out = out};
    TRY(admin_parse(a, words, n, &c->args));
    if (!runs[c->args.command->id])
        return FAIL(ST_NOTFOUND, "that is no command of the keeper");
    if (c->args.command->id == ADMIN_CMD_account_import)
        return command_import_take(c);
    if (sets_password(c) && !admin_has(&c->args, "random") && input.n == 0)
        return FAIL(ST_SYNTAX, "no password was given");
    return ST_OK;
}

bool command_needs_prepare(const struct command *c)
{
    return (sets_password(c) && !c->hash[0]) || c->prepared < c->n_entries ||
           (command_dkim_makes(c) && !c->dkim[0].private_key.n);
}

enum st command_prepare(struct command *c)
{
    struct secret password = secret_of(c->input);

    if (command_dkim_makes(c))
        return command_dkim_prepare(c);
    if (c->n_entries) {
        command_import_prepare(c);
        return ST_OK;
    }
    if (admin_has(&c->args, "random")) {
        c->random = random_word(c->arena, PASSWORD_LETTERS);
        password = secret_of(c->random);
    }
    return password_hash(password, keeper_cost(c->set), c->hash);
}

bool command_wants_usage(const struct command *c)
{
    return c->args.command->id == ADMIN_CMD_account_show || c->args.command->id == ADMIN_CMD_domain_show;
}

enum st command_find(struct command *c)
{
    struct directory_account account;
    struct directory_domain domain;
    struct str name;

    if (c->args.command->id == ADMIN_CMD_account_show) {
        TRY(command_account(c, &account));
        c->account = account.id;
        return ST_OK;
    }
    TRY(command_domain_arg(c, 0, &name));
    TRY(directory_domain_find(c->directory, c->arena, name, &domain));
    c->of_domain = domain.id;
    return ST_OK;
}

enum st command_run(struct command *c)
{
    must(!command_needs_prepare(c));
    return runs[c->args.command->id](c);
}

void command_wipe(struct command *c)
{
    if (c->input.n)
        wipe((void *)(uintptr_t)c->input.p, c->input.n);
    if (c->random.n)
        wipe((void *)(uintptr_t)c->random.p, c->random.n);
    wipe(c->hash, sizeof(c->hash));
    command_dkim_wipe(c);
}

/* The commands about domains, accounts and aliases: the same functions for the running keeper and for the command line
 * that works on the directory while no server runs. A command goes through two stages: `prepare`, again and again until it
 * has no more to do, hashes passwords and touches nothing; `run` works on the directory. Neither suspends: the caller puts
 * them on threads. The answer is JSON, and effects say whose sessions have to end. */
#pragma once

#include "admin/command.h"
#include "admin/import.h"
#include "base/json.h"
#include "config/settings.h"
#include "directory/directory.h"
#include "directory/password.h"
#include "net/bans.h"
#include "keeper/sending.h"

#define COMMAND_ANSWER_MAX (64u << 20)

struct import_entry {
    struct admin_entry is;
    char made[PASSWORD_HASH_MAX]; /* the hash to store; empty: none */
    const char *bad;              /* why not, or NULL */
};

/* A network that was banned, or is not any more. */
struct command_ban {
    struct ban ban;
    struct str text;
    bool is_lifted;
};

struct command {
    const struct settings *set;
    struct directory *directory;
    struct arena *arena;
    struct admin_args args;
    struct str input; /* a password, or admin_entry records */
    struct json *out;

    char hash[PASSWORD_HASH_MAX];
    struct str random; /* the password that was made up, for the answer */
    struct {
        struct str private_key, public_key; /* for the domain: as in commands_dkim.c; empty: none yet */
    } dkim[2];
    struct import_entry *entries;
    size_t n_entries, prepared;

    struct directory_account opens; /* whose mail the command line wants to have before it (id 0: nobody's) */

    uint64_t *revoked; /* accounts whose sessions end */
    size_t n_revoked;
    uint64_t revoked_credential; /* only those of this one; 0: all */
    const char *why;

    bool tells;    /* what an account may hold has changed: */
    uint64_t told; /* this account */
    struct account_limits limits;
    bool tells_domain; /* or all of a domain together: */
    struct directory_domain domain;
    struct command_ban *bans; /* what has changed, also where the command failed behind that */
    size_t n_bans;
    uint64_t brakes, unbrakes; /* accounts whose letters are held from now on, or not any more */
    struct str braked_address;
    bool removes; /* an account has become a tombstone */

    uint64_t account, of_domain; /* whose use is asked for: command_find; 0: none */
    bool has_sent;               /* what it has handed in is known */
    struct sending_shown sending;
    bool has_usage, has_domain_usage;
    uint64_t bytes, messages, domain_bytes, domain_messages;
};

/* Takes the words apart. ST_SYNTAX; ST_NOTFOUND: not a command of the keeper. */
enum st command_init(struct command *c, const struct settings *set, struct directory *d, struct arena *a,
                     const struct str *words, size_t n, struct str input, struct json *out) MUST_USE;
bool command_needs_prepare(const struct command *c);
enum st command_prepare(struct command *c) MUST_USE; /* one password; while command_needs_prepare */
/* Commands that show what is held: whose it is, before they run. The caller asks the box and fills in what it said. */
bool command_wants_usage(const struct command *c);
enum st command_find(struct command *c) MUST_USE;
enum st command_run(struct command *c) MUST_USE;
void command_wipe(struct command *c);

/* The commands of the command line as rows, and their words taken apart by them: the same on both sides of the
 * administration socket, since whoever carries a command out trusts no word of it. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum admin_target { ADMIN_KEEPER, ADMIN_BOX, ADMIN_MAIN, ADMIN_RESOLVER, ADMIN_COURIER, ADMIN_HERE };

enum admin_flag {
    CMD_OFFLINE = 1,
    CMD_INPUT = 2,
    CMD_ACCOUNT = 4,
    CMD_STARTS = 8,
    CMD_INSIDE = 16,
    CMD_BY_ITSELF = 32,
    CMD_ACCOUNT_OPTION = 64
};

enum admin_id {
#define COMMAND(noun, verb, target, id, args, options, flags, help) ADMIN_CMD_##id,
#define LOCAL(noun, verb, id, args, options, flags, help) ADMIN_CMD_##id,
#include "admin/commands.def"
#include "admin/local.def"
#undef COMMAND
#undef LOCAL
    ADMIN_CMD_COUNT
};

struct admin_command {
    enum admin_id id;
    enum admin_target target;
    const char *noun, *verb, *args, *options, *help;
    unsigned flags;
};

struct admin_option {
    const char *name, *value, *help;
};

#define ADMIN_WORDS_MAX 64   /* of one command */
#define ADMIN_OPTIONS_MAX 32 /* given with one command */

struct admin_args {
    const struct admin_command *command;
    const struct str *args; /* in the arena */
    size_t n;
    struct {
        struct str name, value;
    } options[ADMIN_OPTIONS_MAX];
    size_t n_options;
};

const struct admin_command *admin_commands(size_t *out_n);
const struct admin_option *admin_options(size_t *out_n);
bool admin_option_is_common(const char *name); /* goes with every command */

/* Which command these words are; NULL: none. */
const struct admin_command *admin_find(const struct str *words, size_t n);
bool admin_noun_has_verbs(struct str noun); /* "account": a command needs a second word */
/* Takes them apart: arguments by number, options ("--name VALUE", "--name=VALUE", "--name") by the row. ST_SYNTAX with a text
 * for people. Views point to the words. */
enum st admin_parse(struct arena *a, const struct str *words, size_t n, struct admin_args *out) MUST_USE;
bool admin_has(const struct admin_args *args, const char *option);
bool admin_value(const struct admin_args *args, const char *option, struct str *out); /* the last one given */

/* "512", "10K", "5M", "2G", "1T" to bytes. ST_SYNTAX. */
enum st admin_size(struct str text, uint64_t *out) MUST_USE;
/* "90s", "5m", "12h", "14d", "0" to seconds. ST_SYNTAX. */
enum st admin_duration(struct str text, uint64_t *out) MUST_USE;
/* "2026-11-20", "2026-11-20T10:30:00" (UTC, with or without Z), or a duration that has passed since then, to microseconds since
 * 1970. ST_SYNTAX. */
enum st admin_time(struct str text, uint64_t *out_us) MUST_USE;

/* "account add ADDRESS [--name TEXT]". */
void admin_usage(const struct admin_command *c, struct buf *out);

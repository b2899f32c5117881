/* The configuration file: its text to a snapshot, and what can be wrong with it.
 *
 *   host_name mail.example.org          # a comment
 *   listener smtp { port 25  protocol smtp  security starttls }
 *   smtp { max_recipients 500 }         # the same as smtp_max_recipients 500
 *
 * A setting is a name and a value on the same line; a line may hold several. Text with blanks,
 * braces or # goes into "quotes" (\" and \\ inside). A block named after the first words of settings
 * stands for that prefix. A listener named like a standard port (ports.def) has its protocol,
 * security and port unless it says otherwise. main reads the file, checks it, and hands the
 * text to the roles, which parse the same text to the same snapshot: parsing asks nothing of the
 * environment. Nothing here suspends. */
#pragma once

#include "base/buf.h"
#include "config/settings.h"

#define CONFIG_ERRORS_MAX 20
#define CONFIG_ERROR_TEXT 320

struct config_error {
    struct config_pos at; /* line 0: about the file as a whole */
    char text[CONFIG_ERROR_TEXT];
};

/* All that is wrong, in order of the file, not only the first. */
struct config_errors {
    struct config_error list[CONFIG_ERRORS_MAX];
    size_t n;
    size_t more; /* found beyond the list */
};

/* Makes a snapshot (one reference, the caller's). `file` is the name for error lines. ST_SYNTAX
 * with at least one entry in *errors, which is emptied first. At most LIMIT_CONFIG bytes. */
enum st config_parse(struct str text, const char *file, const struct settings **out, struct config_errors *errors)
    MUST_USE;

/* What parsing alone can't see: settings that miss each other (TLS without a certificate, two
 * listeners on one port), and the world: files that are not there or can't be read. Opens nothing
 * for writing. Adds to *errors, emptied first; ST_SYNTAX when something is wrong. */
enum st config_check(const struct settings *set, struct config_errors *errors) MUST_USE;

/* Where a row of settings.def was set, for errors of other rooms' checks (main: a user that is not
 * there); line 0 for a default. `name` must be a row's. */
struct config_pos config_place(const struct settings *set, const char *name);
void config_error_add(struct config_errors *errors, struct config_pos at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A line each: "file:line:column: text\n". */
void config_errors_print(const struct config_errors *errors, const char *file, struct buf *out);

struct config_change {
    const char *kind;   /* "setting", "listener", "tls", "dns_zone", "trusted_network" */
    struct str name;    /* "smtp_max_recipients", "imaps" */
    bool needs_restart; /* the running server keeps the old value */
};

/* Which settings differ. Returns how many there are; fills at most `max`. Names live as long as
 * both snapshots. */
size_t config_diff(const struct settings *old, const struct settings *new, struct config_change *out, size_t max);

/* The reference page (Markdown), from the rows. */
void config_docs(struct buf *out);

/* The settings as a file's text that parses to an equal snapshot: all rows, or only those that are
 * not the default. */
void config_print(const struct settings *set, bool all, struct buf *out);

/* The rows as tables, and values as text: what a row's type takes, and how it is written. */
#pragma once

#include "config/config.h"

enum field_kind {
    KIND_bool,
    KIND_u32,
    KIND_u64,
    KIND_size,
    KIND_duration,
    KIND_str,
    KIND_path,
    KIND_host,
    KIND_addresses,
    KIND_servers,
    KIND_networks,
    KIND_choice,
};

struct choice {
    const char *word, *text;
};

struct choice_group {
    const char *name;
    const struct choice *list;
    size_t n;
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;               /* of the member in its struct */
    const char *def, *min, *max; /* as in the file; "-" is none */
    bool reload;
    const char *text;
    const struct choice_group *choices; /* KIND_choice */
};

/* The settings outside blocks, or those of one kind of block. */
struct field_table {
    const char *name; /* "" or the block's */
    const struct field *list;
    size_t n;
    size_t struct_size;
};

extern const struct field_table fields_top, fields_listener, fields_tls, fields_zone, fields_trusted;
#define FIELDS_MAX 256 /* rows in any of them */

const struct field *field_find(const struct field_table *t, struct str name); /* NULL */

/* Reads `word` as the value of f into its member of *base. List types are replaced. The error's
 * text says what was expected. ST_SYNTAX or ST_LIMIT. */
enum st field_parse(struct arena *a, const struct field *f, struct str word, void *base) MUST_USE;
/* Adds to a list type what `word` names. */
enum st field_append(struct arena *a, const struct field *f, struct str word, void *base) MUST_USE;
bool field_is_list(const struct field *f);

void field_defaults(struct arena *a, const struct field_table *t, void *base);

/* The value as it may stand in the file. */
void field_print(const struct field *f, const void *base, struct buf *out);
void text_print(struct str s, struct buf *out);    /* in quotes where the file needs them */
const char *field_kind_text(enum field_kind kind); /* "a size such as 50M" */

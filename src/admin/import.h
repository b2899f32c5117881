/* Accounts to import: from a file of JSON lines or CSV to records that travel. The server never sees the file's form.
 *
 * JSON lines: an object a line with the members address, password, hash, name, quota, quota_messages. CSV (RFC 4180): the
 * first line names the columns, in any order. Empty lines are skipped. The form is told by the first character. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define ADMIN_ENTRIES_MAX 2000        /* in one request */
#define ADMIN_IMPORT_MAX (256u << 20) /* bytes of a file */

struct admin_entry {
    uint32_t line;
    struct str address, password, hash, name, quota, quota_messages;
};

/* Records, one behind the other. Views point into `bytes`. ST_SYNTAX. */
void admin_entry_put(struct buf *b, const struct admin_entry *e);
enum st admin_entries_get(struct str bytes, struct arena *a, struct admin_entry **out, size_t *out_n) MUST_USE;

struct admin_import {
    struct str rest;
    uint32_t line; /* of what was read last */
    bool is_csv;
    int columns[32]; /* of a CSV: which member; -1: none of ours */
    size_t n_columns;
};

/* ST_SYNTAX: a CSV without an address column, or with one that nobody knows. */
enum st admin_import_begin(struct admin_import *im, struct arena *a, struct str text) MUST_USE;
/* The next entry. ST_EOF at the end; ST_SYNTAX: this line is bad (im->line), the next call goes on behind it. */
enum st admin_import_next(struct admin_import *im, struct arena *a, struct admin_entry *out) MUST_USE;

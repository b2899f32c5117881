/* SQLite as the files of this room use it: statements by name, numbers bit for bit, errors as statuses. */
#pragma once

#include "directory/directory.h"

#include <sqlite3.h>

enum sql_statement {
#define SQL(name, text) SQL_##name,
#include "directory/statements.def"
#undef SQL
    SQL_COUNT
};

struct directory {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    bool in_transaction;
};

/* The status of SQLite's last error, with its text. */
enum st sql_fail(struct directory *d, const char *what);

/* The statement, reset, bound by a format of one letter each: s struct str, x bytes in one, u uint64_t, b bool. */
enum st sql_bind(struct directory *d, enum sql_statement which, sqlite3_stmt **out, const char *kinds, ...) MUST_USE;
/* The next row, if any. At the end, and on failure, the statement is reset. */
enum st sql_row(struct directory *d, sqlite3_stmt *s, bool *out_row) MUST_USE;
/* For statements without rows, and how many rows they changed (out may be NULL). */
enum st sql_run(struct directory *d, sqlite3_stmt *s, uint64_t *out_changed) MUST_USE;

/* Several statements as one change, whether or not the caller has a transaction open already. */
struct sql_scope {
    bool own;
};
enum st sql_scope_begin(struct directory *d, struct sql_scope *sc) MUST_USE;
enum st sql_scope_end(struct directory *d, struct sql_scope *sc, enum st st) MUST_USE; /* st, unless the commit fails */

struct str sql_text(struct arena *a, sqlite3_stmt *s, int column);
struct str sql_bytes(struct arena *a, sqlite3_stmt *s, int column);
static inline uint64_t sql_number(sqlite3_stmt *s, int column)
{
    return (uint64_t)sqlite3_column_int64(s, column);
}

/* The local part as it is compared: case folded, NFC. */
struct str directory_key(struct arena *a, struct str local);
enum st directory_address_check(const struct directory_address *address) MUST_USE;
struct str directory_address_text(struct arena *a, struct str local, struct str domain);

/* An account's row of ACCOUNT_COLUMNS. */
void account_read(struct arena *a, sqlite3_stmt *s, struct directory_account *out);
enum st domain_id(struct directory *d, struct str name, uint64_t *out) MUST_USE; /* NOTFOUND */
/* Of one that has addresses of its own. EXISTS: they are those of another. */
enum st domain_of_addresses(struct directory *d, struct str name, uint64_t *out) MUST_USE;

/* What one batch changes in the index, gathered and handed to RocksDB in the order of the keys: each row is then put in near the one before,
 * which takes it a third less than keys from everywhere; and of rows that the batch writes more than once only the last. Inside store/. */
#pragma once

#include "base/base.h"
#include "base/str.h"

#include <rocksdb/c.h>

struct redo_row {
    struct str key, value; /* views, until redo_end */
    size_t number;         /* in the order in which they came */
    bool is_put;
};

struct redo {
    struct redo_row *rows;
    size_t n, cap;
    rocksdb_writebatch_t *to;
};

void redo_begin(struct redo *r, rocksdb_writebatch_t *to); /* empties both */
void redo_put(struct redo *r, struct str key, struct str value);
void redo_del(struct redo *r, struct str key);
/* Of what was put before; what the index holds itself is the caller's to delete. */
void redo_del_pending(struct redo *r, struct str from, struct str to);
void redo_end(struct redo *r); /* all is in the RocksDB batch */
void redo_fini(struct redo *r);

#include "store/redo.h"
#include "base/arena.h"

#include <stdlib.h>

#define KEEP_ROWS 65536 /* memory for so many stays from batch to batch */

void redo_begin(struct redo *r, rocksdb_writebatch_t *to)
{
    rocksdb_writebatch_clear(to);
    r->to = to;
    r->n = 0;
}

static void add(struct redo *r, struct str key, struct str value, bool is_put)
{
    if (r->n == r->cap) {
        r->cap = r->cap * 2 + 256;
        r->rows = mem_resize(r->rows, r->cap * sizeof *r->rows);
    }
    r->rows[r->n] = (struct redo_row){key, value, r->n, is_put};
    r->n++;
}

void redo_put(struct redo *r, struct str key, struct str value)
{
    add(r, key, value, true);
}

void redo_del(struct redo *r, struct str key)
{
    add(r, key, STR_NONE, false);
}

static int by_key(const void *a, const void *b)
{
    const struct redo_row *x = a, *y = b;
    int order = str_cmp(x->key, y->key);

    return order ? order : x->number < y->number ? -1 : 1;
}

void redo_del_pending(struct redo *r, struct str from, struct str to)
{
    size_t n = r->n;

    for (size_t i = 0; i < n; i++)
        if (r->rows[i].is_put && str_cmp(r->rows[i].key, from) >= 0 && str_cmp(r->rows[i].key, to) < 0)
            redo_del(r, r->rows[i].key);
}

void redo_end(struct redo *r)
{
    if (r->n > 1)
        qsort(r->rows, r->n, sizeof *r->rows, by_key);
    for (size_t i = 0; i < r->n; i++) {
        const struct redo_row *row = &r->rows[i];

        if (i + 1 < r->n && str_eq(row->key, row[1].key))
            continue;
        if (row->is_put)
            rocksdb_writebatch_put(r->to, row->key.p, row->key.n, row->value.p, row->value.n);
        else
            rocksdb_writebatch_delete(r->to, row->key.p, row->key.n);
    }
    r->n = 0;
    if (r->cap > KEEP_ROWS)
        redo_fini(r);
}

void redo_fini(struct redo *r)
{
    mem_free(r->rows);
    *r = (struct redo){0};
}

#include "imap/kept_result.h"

#include "base/arena.h"
#include "base/must.h"

void kept_result_fini(struct kept_result *k)
{
    mem_free(k->runs);
    mem_free(k->order);
    *k = (struct kept_result){0};
}

size_t kept_result_bytes(const struct kept_result *k)
{
    return k->cap * sizeof *k->runs + k->cap_order * sizeof *k->order;
}

/* The first run that ends at the uid or behind it. */
static size_t run_from(const struct kept_result *k, uint32_t uid)
{
    size_t lo = 0, hi = k->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (k->runs[mid].hi < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool kept_result_has(const struct kept_result *k, uint32_t uid)
{
    size_t i = run_from(k, uid);

    return i < k->n && k->runs[i].lo <= uid;
}

static void open_gap(struct kept_result *k, size_t at)
{
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 8;
        k->runs = mem_resize(k->runs, k->cap * sizeof *k->runs);
    }
    memmove(k->runs + at + 1, k->runs + at, (k->n++ - at) * sizeof *k->runs);
}

static void close_gap(struct kept_result *k, size_t at)
{
    memmove(k->runs + at, k->runs + at + 1, (--k->n - at) * sizeof *k->runs);
}

void kept_result_put(struct kept_result *k, const struct view *v, uint32_t seq)
{
    uint32_t uid = view_uid(v, seq);
    size_t i = run_from(k, uid);
    bool before, behind;

    if (i < k->n && k->runs[i].lo <= uid)
        return;
    before = i > 0 && seq > 1 && view_uid(v, seq - 1) <= k->runs[i - 1].hi;
    behind = i < k->n && seq < view_count(v) && view_uid(v, seq + 1) >= k->runs[i].lo;
    if (before && behind) {
        k->runs[i - 1].hi = k->runs[i].hi;
        close_gap(k, i);
    } else if (before) {
        k->runs[i - 1].hi = uid;
    } else if (behind) {
        k->runs[i].lo = uid;
    } else {
        open_gap(k, i);
        k->runs[i] = (struct uid_range){uid, uid};
    }
}

/* What is left of a run ends at messages that are there: no run without any stays behind. */
void kept_result_drop(struct kept_result *k, const struct view *v, uint32_t uid)
{
    size_t i = run_from(k, uid);
    uint32_t seq = view_seq_from(v, uid), behind = seq;
    struct uid_range left, right;
    bool has_left, has_right;

    if (i == k->n || k->runs[i].lo > uid)
        return;
    if (seq <= view_count(v) && view_uid(v, seq) == uid)
        behind++;
    left = right = k->runs[i];
    has_left = seq > 1 && view_uid(v, seq - 1) >= left.lo;
    has_right = behind <= view_count(v) && view_uid(v, behind) <= right.hi;
    if (has_left)
        left.hi = view_uid(v, seq - 1);
    if (has_right)
        right.lo = view_uid(v, behind);
    if (!has_left && !has_right) {
        close_gap(k, i);
        return;
    }
    if (has_left && has_right) {
        open_gap(k, i);
        k->runs[i + 1] = right;
    }
    k->runs[i] = has_left ? left : right;
}

void kept_result_insert(struct kept_result *k, size_t at, uint32_t uid)
{
    must(at <= k->n_order);
    if (k->n_order == k->cap_order) {
        k->cap_order = k->cap_order ? k->cap_order * 2 : 16;
        k->order = mem_resize(k->order, k->cap_order * sizeof *k->order);
    }
    memmove(k->order + at + 1, k->order + at, (k->n_order++ - at) * sizeof *k->order);
    k->order[at] = uid;
}

size_t kept_result_remove(struct kept_result *k, uint32_t uid)
{
    size_t at = 0, n = k->n_order;

    while (at < n && k->order[at] != uid)
        at++;
    if (at < n)
        memmove(k->order + at, k->order + at + 1, (--k->n_order - at) * sizeof *k->order);
    return at < n ? at : n;
}

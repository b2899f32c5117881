#include "mail/thread_links.h"

#include "base/map.h"

/* Steps upwards, to see that no loop is made. Mail that people write needs a few for each message; references that are made up
 * to cost time could need a square of them. */
#define STEPS_MAX 100000000u
#define NODE_BYTES 13u
#define SLOT_BYTES 12u

/* --- ids ------------------------------------------------------------------------------------------------------ */

/* The slot of an id, or an empty one. Ids are hashes already, but strangers can choose them so that they meet. */
static size_t slot_of(const struct links *l, uint64_t id)
{
    size_t at = hash_bytes(str_n((const char *)&id, sizeof id)) & (l->table_cap - 1);

    while (l->nodes[at] && l->ids[at] != id)
        at = (at + 1) & (l->table_cap - 1);
    return at;
}

static void table_alloc(struct links *l, size_t cap)
{
    l->table_cap = cap;
    l->ids = mem_new(cap * sizeof *l->ids);
    l->nodes = mem_new(cap * sizeof *l->nodes);
    memset(l->nodes, 0, cap * sizeof *l->nodes);
}

static enum st grow_table(struct links *l) SUSPENDS
{
    uint64_t *ids = l->ids;
    uint32_t *nodes = l->nodes;
    size_t cap = l->table_cap;
    enum st st = ST_OK;

    TRY(sorting_take(l->mem, cap * SLOT_BYTES));
    table_alloc(l, cap * 2);
    for (size_t i = 0; i < cap && st == ST_OK; i++) {
        if (nodes[i]) {
            size_t at = slot_of(l, ids[i]);

            l->ids[at] = ids[i];
            l->nodes[at] = nodes[i];
        }
        if (i % 1024 == 0)
            st = sorting_rest(l->mem);
    }
    mem_free(ids);
    mem_free(nodes);
    return st;
}

static void set_room(struct links *l, size_t cap)
{
    l->cap = cap;
    l->parent = mem_resize(l->parent, cap * sizeof *l->parent);
    l->item = mem_resize(l->item, cap * sizeof *l->item);
    l->above = mem_resize(l->above, cap * sizeof *l->above);
    l->has_kids = mem_resize(l->has_kids, cap * sizeof *l->has_kids);
}

static enum st new_node(struct links *l, uint32_t item, uint32_t *out)
{
    if (l->n == l->cap) {
        TRY(sorting_take(l->mem, l->cap * NODE_BYTES));
        set_room(l, l->cap * 2);
    }
    l->parent[l->n] = 0;
    l->item[l->n] = item;
    l->above[l->n] = 0;
    l->has_kids[l->n] = false;
    *out = (uint32_t)l->n++;
    return ST_OK;
}

/* The node of an id; a new one is of `item`. */
static enum st node_of(struct links *l, uint64_t id, uint32_t item, uint32_t *out) SUSPENDS
{
    size_t at = slot_of(l, id);
    uint32_t node;

    if (l->nodes[at]) {
        *out = l->nodes[at];
        return ST_OK;
    }
    if (l->in_table + l->in_table / 2 >= l->table_cap) {
        TRY(grow_table(l));
        at = slot_of(l, id);
    }
    TRY(new_node(l, item, &node));
    l->ids[at] = id;
    l->nodes[at] = node;
    l->in_table++;
    *out = node;
    return ST_OK;
}

/* The first message with an id has it; others, and those without one, are alone with theirs (step 1.A). */
static enum st node_of_message(struct links *l, uint64_t id, uint32_t item, uint32_t *out) SUSPENDS
{
    uint32_t node;

    if (!id)
        return new_node(l, item, out);
    TRY(node_of(l, id, item, &node));
    if (l->item[node] == 0)
        l->item[node] = item;
    if (l->item[node] != item)
        return new_node(l, item, out);
    *out = node;
    return ST_OK;
}

/* --- links --------------------------------------------------------------------------------------------------- */

/* Would a parent of `child` be below it? */
static enum st is_below(struct links *l, uint32_t parent, uint32_t child, bool *out) SUSPENDS
{
    bool below = parent == child;

    for (uint32_t at = parent; l->has_kids[child] && at && !below; at = l->parent[at]) {
        below = at == child;
        if (++l->steps == STEPS_MAX)
            return FAIL(ST_LIMIT, "The references of the messages are too tangled");
        if (l->steps % 4096 == 0)
            TRY(sorting_rest(l->mem));
    }
    *out = below;
    return ST_OK;
}

static enum st link_nodes(struct links *l, uint32_t parent, uint32_t child) SUSPENDS
{
    bool below;

    TRY(is_below(l, parent, child, &below));
    if (below)
        return ST_OK;
    l->parent[child] = parent;
    l->has_kids[parent] = true;
    return ST_OK;
}

/* Step 1.A: each reference is the parent of the next, unless that has one. *out: the last one. */
static enum st link_references(struct links *l, const struct mime_record *r, uint32_t *out) SUSPENDS
{
    uint32_t last = 0, node;

    for (size_t i = 0; i < r->n_refs; i++) {
        TRY(node_of(l, mime_record_ref(r, i), 0, &node));
        if (last && !l->parent[node])
            TRY(link_nodes(l, last, node));
        last = node;
    }
    if (r->n_refs == 0 && r->in_reply_to_hash)
        TRY(node_of(l, r->in_reply_to_hash, 0, &last));
    *out = last;
    return ST_OK;
}

enum st links_message(struct links *l, uint32_t item, const struct mime_record *r)
{
    uint32_t node, last = 0;

    TRY(node_of_message(l, r ? r->message_id_hash : 0, item, &node));
    l->node[item] = node;
    if (r)
        TRY(link_references(l, r, &last));
    l->parent[node] = 0; /* step 1.B: the last reference is its parent, whatever was thought before */
    return last ? link_nodes(l, last, node) : ST_OK;
}

/* Goes up to a message, or to a node that knows where it is; then all in between know it. */
uint32_t links_parent(struct links *l, uint32_t item, uint32_t *out_top)
{
    uint32_t first = l->parent[l->node[item]], at = first, found;

    *out_top = 0;
    if (first == 0)
        return 0;
    while (!l->item[at] && !l->above[at] && l->parent[at])
        at = l->parent[at];
    found = l->above[at] ? l->above[at] : at;
    for (at = first; at != found && !l->above[at]; at = l->parent[at])
        l->above[at] = found;
    if (l->item[found])
        return l->item[found];
    *out_top = found;
    return 0;
}

enum st links_begin(struct links *l, struct sorting *mem, size_t n_messages)
{
    size_t cap = 64;

    *l = (struct links){.mem = mem, .n = 1};
    while (cap < 2 * n_messages)
        cap *= 2;
    TRY(sorting_take(mem, cap * (SLOT_BYTES + NODE_BYTES) + n_messages * 4));
    set_room(l, cap);
    table_alloc(l, cap);
    l->node = mem_new((n_messages + 1) * sizeof *l->node);
    l->parent[0] = l->item[0] = l->above[0] = 0;
    l->has_kids[0] = false;
    return ST_OK;
}

void links_end(struct links *l)
{
    mem_free(l->parent);
    mem_free(l->item);
    mem_free(l->above);
    mem_free(l->has_kids);
    mem_free(l->node);
    mem_free(l->ids);
    mem_free(l->nodes);
    *l = (struct links){0};
}

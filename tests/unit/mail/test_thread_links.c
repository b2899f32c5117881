/* Links by message ids (RFC 5256 section 3, step 1), without letters: ids are numbers. */
#include "mail/thread_links.c"

#include "help.h"

struct rig {
    struct sorting mem;
    struct links links;
    uint32_t n;
};

static void rig_begin(struct rig *r, size_t n)
{
    *r = (struct rig){0};
    sorting_begin(&r->mem);
    CHECK_ST(links_begin(&r->links, &r->mem, n), ST_OK);
}

static void rig_end(struct rig *r)
{
    links_end(&r->links);
    sorting_end(&r->mem);
}

static enum st add(struct rig *r, uint64_t id, const uint64_t *refs, uint16_t n, uint64_t reply_to)
{
    struct mime_record rec = {
        .message_id_hash = id, .in_reply_to_hash = reply_to, .n_refs = n, .refs = (const char *)refs};

    return links_message(&r->links, ++r->n, &rec);
}

static uint32_t parent(struct rig *r, uint32_t item)
{
    uint32_t top;

    return links_parent(&r->links, item, &top);
}

static void body_references_go_before_in_reply_to(struct world *w UNUSED)
{
    struct rig r;

    rig_begin(&r, 4);
    CHECK_ST(add(&r, 1, NULL, 0, 0), ST_OK);
    CHECK_ST(add(&r, 2, NULL, 0, 1), ST_OK);
    CHECK_ST(add(&r, 3, (uint64_t[]){1, 2}, 2, 1), ST_OK);
    CHECK_ST(add(&r, 0, (uint64_t[]){9, 3}, 2, 0), ST_OK);
    CHECK_U64(parent(&r, 1), 0);
    CHECK_U64(parent(&r, 2), 1);
    CHECK_U64(parent(&r, 3), 2);
    CHECK_U64(parent(&r, 4), 3);
    rig_end(&r);
}
TEST(references_go_before_in_reply_to)
{
    in_world(1, body_references_go_before_in_reply_to);
}

static void body_no_loops(struct world *w UNUSED)
{
    struct rig r;

    rig_begin(&r, 3);
    CHECK_ST(add(&r, 1, (uint64_t[]){3, 2}, 2, 0), ST_OK);
    CHECK_ST(add(&r, 2, (uint64_t[]){1, 2, 1}, 3, 0), ST_OK);
    CHECK_ST(add(&r, 3, (uint64_t[]){1}, 1, 0), ST_OK);
    CHECK_U64(parent(&r, 2), 0);
    CHECK_U64(parent(&r, 1), 2);
    CHECK_U64(parent(&r, 3), 1);
    rig_end(&r);
}
TEST(no_loops)
{
    in_world(1, body_no_loops);
}

static void body_the_first_has_the_id(struct world *w UNUSED)
{
    struct rig r;

    rig_begin(&r, 3);
    CHECK_ST(add(&r, 5, NULL, 0, 0), ST_OK);
    CHECK_ST(add(&r, 5, NULL, 0, 0), ST_OK);
    CHECK_ST(add(&r, 6, (uint64_t[]){5}, 1, 0), ST_OK);
    CHECK_U64(parent(&r, 3), 1);
    CHECK_U64(parent(&r, 2), 0);
    rig_end(&r);
}
TEST(the_first_has_the_id)
{
    in_world(1, body_the_first_has_the_id);
}

/* Above those that are not there stands one that is, or nothing; and that is found once for all. */
static void body_over_missing_ones(struct world *w UNUSED)
{
    uint64_t chain[50];
    struct rig r;
    uint32_t top;

    for (uint64_t i = 0; i < ARRAY_LEN(chain); i++)
        chain[i] = 100 + i;
    rig_begin(&r, 3);
    CHECK_ST(add(&r, 1, chain, 50, 0), ST_OK);
    CHECK_ST(add(&r, 2, (uint64_t[]){120}, 1, 0), ST_OK);
    CHECK_U64(links_parent(&r.links, 1, &top), 0);
    CHECK(top != 0 && r.links.parent[top] == 0);
    CHECK_ST(add(&r, 100, NULL, 0, 0), ST_OK);
    memset(r.links.above, 0, r.links.n * sizeof *r.links.above);
    CHECK_U64(parent(&r, 1), 3);
    CHECK_U64(parent(&r, 2), 3);
    CHECK_U64(links_parent(&r.links, 3, &top), 0);
    CHECK_U64(top, 0);
    rig_end(&r);
}
TEST(over_missing_ones)
{
    in_world(1, body_over_missing_ones);
}

static void body_the_table_grows(struct world *w UNUSED)
{
    struct rig r;

    rig_begin(&r, 3000);
    for (uint64_t i = 0; i < 3000; i++)
        CHECK_ST(add(&r, 3 * i + 1, (uint64_t[]){3 * i + 2, 3 * i + 3, i ? 3 * i - 2 : 9}, 3, 0), ST_OK);
    CHECK(r.links.n > 9000);
    for (uint32_t i = 2; i <= 3000; i++)
        CHECK_U64(parent(&r, i), i - 1);
    rig_end(&r);
}
TEST(the_table_grows)
{
    in_world(1, body_the_table_grows);
}

/* A thread of great depth, and references that want to know again and again whether its end is below its beginning. */
static void body_tangles_end(struct world *w UNUSED)
{
    enum { DEEP = 20000 };
    uint64_t refs[100];
    struct rig r;
    enum st st = ST_OK;

    rig_begin(&r, 2 * DEEP);
    for (uint64_t i = 1; i <= DEEP; i++)
        CHECK_ST(add(&r, i, &(uint64_t){i - 1}, i > 1, 0), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(refs); i++)
        refs[i] = i % 2 ? 1 : DEEP;
    for (uint64_t i = 0; i < DEEP && st == ST_OK; i++)
        st = add(&r, DEEP + 1 + i, refs, ARRAY_LEN(refs), 0);
    CHECK_ST(st, ST_LIMIT);
    rig_end(&r);
}
TEST(tangles_end)
{
    in_world(1, body_tangles_end);
}

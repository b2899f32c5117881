#include "backup/hits.c"

#include "fixture.h"
#include "test.h"

TEST(messages_of_bodies_are_found_with_whose_and_where)
{
    struct map bodies = MAP_INIT;
    struct backup_made made;
    struct backup_hit *hits;
    const char *snapshot, *directory;
    struct world w;
    size_t n;

    world_open(&w);
    for (unsigned i = 0; i < 5; i++)
        world_letter(&w, 1000);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    snapshot =
        backup_path(&w.arena, world_path(&w, "backup"), made.set, backup_snapshot_name(&w.arena, made.manifest.batch));
    directory = backup_path(&w.arena, world_path(&w, "backup"), made.set, STR(BACKUP_DIRECTORY));
    CHECK_ST(backup_hits(&w.arena, snapshot, directory, &bodies, 10, &hits, &n), ST_OK);
    CHECK_U64(n, 0);
    map_put(&bodies, w.bodies[2], &w);
    map_put(&bodies, w.bodies[5], &w);
    CHECK_ST(backup_hits(&w.arena, snapshot, directory, &bodies, 10, &hits, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(hits[0].account, STR("alice@example.test"));
    CHECK_STR(hits[0].mailbox, STR("INBOX"));
    CHECK_U64(hits[0].uid, 2);
    CHECK_U64(hits[0].body, w.bodies[2]);
    CHECK_U64(hits[1].uid, 5);
    CHECK_ST(backup_hits(&w.arena, snapshot, directory, &bodies, 1, &hits, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_ST(backup_hits(&w.arena, snapshot, world_path(&w, "none"), &bodies, 10, &hits, &n), ST_OK);
    CHECK_STR(hits[0].account, arena_printf(&w.arena, "account %016llx", (unsigned long long)w.account));
    map_fini(&bodies);
    world_close(&w);
}

/* Letters of the queue are named too, beside what is no entry. */
TEST(letters_that_wait_to_be_sent_are_named)
{
    static const struct queue_rcpt rcpts[] = {{.address = STR("x@far.test")}, {.address = STR("y@far.test")}};
    struct map bodies = MAP_INIT;
    struct backup_made made;
    struct backup_hit *hits;
    const char *snapshot;
    struct world w;
    size_t n;

    world_open(&w);
    world_letter(&w, 1000);
    {
        struct kv_blob blob = {.id = blob_new_id(w.store), .bytes = STR("queued"), .refs = 1};
        struct queue_entry e = {
            .blob = blob.id, .size = 6, .reverse_path = STR("a@b.test"), .rcpts = rcpts, .n_rcpts = 2};
        struct kv_change changes[] = {{entry_key(&w.arena, 0x77), STR_NONE, KV_PUT},
                                      {entry_key(&w.arena, 0x78), STR("junk"), KV_PUT},
                                      {entry_due_key(&w.arena, 0, (struct entry_place){5, 0x77}), STR_NONE, KV_PUT}};
        struct kv_part part = {.account = QUEUE, .changes = changes, .n = 3}, *parts[] = {&part};
        struct kv_commit c = {.parts = parts, .n_parts = 1, .blobs = &blob, .n_blobs = 1};

        CHECK_ST(entry_encode(&w.arena, &e, &changes[0].value), ST_OK);
        CHECK_ST(kv_commit(w.store, &c), ST_OK);
        map_put(&bodies, blob.id, &w);
    }
    map_put(&bodies, w.bodies[1], &w);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    snapshot =
        backup_path(&w.arena, world_path(&w, "backup"), made.set, backup_snapshot_name(&w.arena, made.manifest.batch));
    CHECK_ST(backup_hits(&w.arena, snapshot, world_path(&w, "none"), &bodies, 10, &hits, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(hits[0].account, STR("queue"));
    CHECK_STR(hits[0].mailbox, STR("letter 0000000000000077 from <a@b.test> to <x@far.test> and others"));
    CHECK_STR(hits[1].mailbox, STR("INBOX"));
    map_fini(&bodies);
    world_close(&w);
}

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

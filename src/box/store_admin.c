#include "box/store_admin.h"
#include "base/codec.h"
#include "store/store.h"

static void add_kind(struct json *j, const char *name, const struct store_status_kind *k)
{
    json_object(j);
    json_kv_str(j, "kind", str_z(name));
    json_kv_u64(j, "files", k->files);
    json_kv_u64(j, "size_bytes", k->file_bytes);
    json_kv_u64(j, "live_bytes", k->live_bytes);
    json_kv_u64(j, "dead_bytes", k->dead_bytes);
    json_kv_u64(j, "journal_bytes", k->journal_bytes);
    json_kv_u64(j, "bodies", k->bodies);
    json_object_end(j);
}

static void add_time(struct json *j, struct arena *a, const char *key, uint64_t us)
{
    json_kv_str(j, key, us ? time_rfc3339(a, us) : STR("never"));
}

static struct str compaction_state(const struct store_status *s)
{
    if (s->holds)
        return STR("waiting for a backup");
    return !s->upkeep.rate ? STR("off") : s->is_compacting ? STR("running") : STR("waiting");
}

enum st store_status_run(struct box *b, struct arena *a, struct json *j)
{
    static const char *const names[STORE_KINDS] = {"spare", "journal", "bulk"};
    struct store_status s;

    TRY(store_get_status(b->store, &s));
    json_object(j);
    json_kv_str(j, "state", s.stats.broken ? STR("broken: a sync failed, restart the server") : STR("good"));
    json_kv_u64(j, "live_bytes", s.stats.live_bytes);
    json_kv_u64(j, "reclaimable_bytes", s.reclaimable_bytes);
    json_kv_u64(j, "disk_free_bytes", s.stats.free_bytes);
    json_kv_u64(j, "batch", s.batch);
    json_kv_u64(j, "snapshot", s.snapshot);
    add_time(j, a, "snapshot_made", s.snapshot_made_us);
    json_kv_u64(j, "snapshot_size_bytes", s.snapshot_bytes);
    json_kv_u64(j, "dictionary", s.dictionary);
    add_time(j, a, "dictionary_made", s.dictionary_made_us);
    json_kv_u64(j, "dictionaries", s.dictionaries);
    json_kv_str(j, "compaction", compaction_state(&s));
    json_kv_u64(j, "compacted_segments", s.compacted_ever);
    json_kv_u64(j, "since_start_compacted", s.compacted);
    json_kv_u64(j, "since_start_moved_bytes", s.moved_bytes);
    json_kv_u64(j, "since_start_given_back_bytes", s.freed_bytes);
    json_key(j, "segments");
    json_array(j);
    for (size_t i = 0; i < STORE_KINDS; i++)
        add_kind(j, names[i], &s.kinds[i]);
    json_array_end(j);
    json_object_end(j);
    return ST_OK;
}

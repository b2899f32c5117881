#include "backup/backup.h"
#include "admin/command.h"
#include "backup/make.h"
#include "backup/verify.h"
#include "base/json.h"

#include <sodium.h>

/* --- making ------------------------------------------------------------------------------------------------------ */

static void put_made(struct json *j, struct arena *a, const struct backup_made *m)
{
    json_object(j);
    json_kv_str(j, "set", m->set);
    json_kv_str(j, "time", time_rfc3339(a, m->manifest.time_us));
    json_kv_u64(j, "batch", m->manifest.batch);
    json_kv_u64(j, "accounts", m->manifest.accounts);
    json_kv_u64(j, "messages", m->manifest.messages);
    json_kv_u64(j, "files", m->manifest.n_files);
    json_kv_u64(j, "size_bytes", m->bytes);
    json_kv_u64(j, "read_bytes", m->read);
    json_kv_u64(j, "written_bytes", m->written);
    json_kv_bool(j, "has_keys", m->manifest.has_keys);
    json_kv_u64(j, "files_with_keys", m->files_of_keys);
    json_key(j, "removed_sets");
    json_array(j);
    for (size_t i = 0; i < m->n_removed; i++)
        json_str(j, m->removed[i]);
    json_array_end(j);
    json_object_end(j);
}

static enum st run_make(struct arena *a, const struct admin_backup *b, struct json *j)
{
    struct backup_made made;
    uint64_t keep = 0;
    struct str v;

    if (admin_value(b->args, "keep", &v) && (str_u64(v, BACKUP_SETS_MAX, &keep) != ST_OK || !keep))
        return FAIL(ST_SYNTAX, "--keep is a number of sets, at least 1");
    TRY(backup_make(a, b, keep, &made));
    put_made(j, a, &made);
    return ST_OK;
}

/* --- listing ------------------------------------------------------------------------------------------------------ */

static void put_set(struct json *j, struct arena *a, const char *dir, struct str name)
{
    struct backup_manifest m = {0};
    enum st st = backup_set_read(a, dir, name, &m);
    uint64_t bytes = 0;

    for (size_t i = 0; i < m.n_files; i++)
        bytes += m.files[i].bytes;
    json_object(j);
    json_kv_str(j, "set", name);
    json_kv_str(j, "time", st == ST_OK ? time_rfc3339(a, m.time_us) : STR("-"));
    json_kv_u64(j, "batch", m.batch);
    json_kv_u64(j, "accounts", m.accounts);
    json_kv_u64(j, "messages", m.messages);
    json_kv_u64(j, "size_bytes", bytes);
    json_kv_bool(j, "has_keys", m.has_keys);
    json_kv_str(j, "program", st == ST_OK ? m.program : STR("-"));
    json_kv_str(j, "state", st == ST_OK ? STR("complete") : str_z(err_get()->text));
    json_object_end(j);
}

static enum st run_list(struct arena *a, const char *dir, struct json *j)
{
    struct backup_set *sets;
    struct str identity;
    size_t n;

    TRY(backup_identity(a, dir, &identity));
    TRY(backup_sets(a, dir, &sets, &n));
    json_object(j);
    json_kv_str(j, "server", identity);
    json_key(j, "sets");
    json_array(j);
    for (size_t i = 0; i < n; i++)
        put_set(j, a, dir, sets[i].name);
    json_array_end(j);
    json_object_end(j);
    return ST_OK;
}

/* --- verifying ------------------------------------------------------------------------------------------------------ */

static enum st run_verify(struct arena *a, const struct admin_backup *b, struct json *j, bool *out_wrong)
{
    uint64_t at = UINT64_MAX;
    struct str v;

    if (admin_value(b->args, "at", &v))
        TRY(admin_time(v, &at));
    return backup_verify(a, arena_cstr(a, b->args->args[0]), at, j, out_wrong);
}

enum st backup_run(const struct admin_backup *b, struct buf *out, bool *out_wrong)
{
    struct arena a = ARENA_INIT;
    struct json j;
    enum st st;

    if (sodium_init() < 0)
        return FAIL(ST_INTERNAL, "libsodium does not start");
    json_init(&j, out);
    switch (b->args->command->id) {
    case ADMIN_CMD_backup: st = run_make(&a, b, &j); break;
    case ADMIN_CMD_backup_list: st = run_list(&a, arena_cstr(&a, b->args->args[0]), &j); break;
    default: st = run_verify(&a, b, &j, out_wrong);
    }
    arena_fini(&a);
    return st == ST_OK ? buf_check(out) : st;
}

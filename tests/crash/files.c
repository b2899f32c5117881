#include "files.h"

#include "base/must.h"
#include "store/format.h"
#include "store/os_file.h"
#include "store/snap_file.h"

#include <glob.h>
#include <stdio.h>

static size_t read_file(const char *path, char *p, size_t n)
{
    FILE *f = fopen(path, "r");
    size_t r = f ? fread(p, 1, n, f) : 0;

    if (f)
        fclose(f);
    return r;
}

bool files_format_is_present(const char *dir, char why[200])
{
    char path[400], text[64], want[64];
    size_t n;

    snprintf(path, sizeof path, "%s/FORMAT", dir);
    n = read_file(path, text, sizeof text - 1);
    text[n] = 0;
    snprintf(want, sizeof want, "restante store %u\n", FORMAT_VERSION);
    return strcmp(text, want) == 0 || world_say(why, "FORMAT says \"%.40s\"", text);
}

static enum st read_snapshot(const char *path)
{
    struct snap_reader r;
    struct str key, value;
    enum st st;

    TRY(snap_reader_open(&r, &os_file_system, path));
    while ((st = snap_reader_next(&r, &key, &value)) == ST_OK)
        continue;
    snap_reader_close(&r);
    return st == ST_EOF ? ST_OK : st;
}

bool files_snapshots_are_whole(const char *dir, char why[200])
{
    char pattern[400];
    glob_t found = {0};
    bool ok = true;

    snprintf(pattern, sizeof pattern, "%s/snap/*.snap", dir);
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && ok; i++)
        ok = read_snapshot(found.gl_pathv[i]) == ST_OK ||
             world_say(why, "a snapshot is not whole: %.150s", err_get()->text);
    globfree(&found);
    return ok;
}

void files_set_format(const char *dir, unsigned version)
{
    char path[400];
    FILE *f;

    snprintf(path, sizeof path, "%s/FORMAT", dir);
    f = fopen(path, "w");
    must(f && fprintf(f, "restante store %u\n", version) > 0 && fclose(f) == 0);
}

void files_note_dictionaries(const char *dir, struct dictionaries *d)
{
    static char room[200000];
    char path[400];

    for (unsigned i = 1; i < ARRAY_LEN(d->hash); i++) {
        size_t n;

        snprintf(path, sizeof path, "%s/dict/%04u.dict", dir, i);
        n = read_file(path, room, sizeof room);
        d->hash[i] = n ? bytes_hash(str_n(room, n)) : 0;
    }
}

bool files_dictionaries_are_twice(struct store *s, const struct dictionaries *d, char why[200])
{
    struct arena a = ARENA_INIT;
    struct str key, value;
    struct kv_range *r;
    bool ok =
        kv_range_open(s, &a, ACCOUNT_DICTIONARIES, STR("d"), STR("e"), &r) == ST_OK; /* its other rows are not theirs */

    while (ok && kv_range_next(r, &key, &value)) {
        unsigned number = key.n == 3 ? (unsigned char)key.p[2] : 0;

        if (d->hash[number % ARRAY_LEN(d->hash)] != bytes_hash(value))
            ok = world_say(why, "dictionary %u has a row, and not the same file", number);
    }
    IGNORE(kv_range_close(r));
    arena_fini(&a);
    return ok;
}

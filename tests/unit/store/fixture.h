/* A store in a folder of its own below TMPDIR (or /tmp), and short words for what tests do with it. */
#pragma once

#include "base/must.h"
#include "store/inside.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEST_SEGMENT (1u << 20)

static char fixture_dir[256];

static inline const char *new_dir(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(fixture_dir, sizeof fixture_dir, "%s/restante-store-XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(fixture_dir));
    return fixture_dir;
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

static inline void remove_dir(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct store_options test_options(const char *dir)
{
    return (struct store_options){
        .dir = dir, .segment_bytes = TEST_SEGMENT, .cache_bytes = 1u << 20, .reserve_bytes = 1};
}

/* One part that puts one key. */
static inline enum st put_one(struct store *s, uint64_t account, uint64_t version, struct str key, struct str value)
{
    struct kv_change change = {key, value, KV_PUT};
    struct kv_part part = {.account = account, .expected_version = version, .changes = &change, .n = 1};
    struct kv_part *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};

    return kv_commit(s, &c);
}

static inline enum st add_blob(struct store *s, struct str bytes, uint64_t *out_id)
{
    struct kv_blob blob = {.id = blob_new_id(s), .bytes = bytes, .refs = 1};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};

    *out_id = blob.id;
    return kv_commit(s, &c);
}

static inline enum st change_refs(struct store *s, uint64_t id, int32_t delta)
{
    struct kv_deref d = {id, delta};
    struct kv_commit c = {.derefs = &d, .n_derefs = 1};

    return kv_commit(s, &c);
}

/* An attachment: lines of base64 in place of the bytes. */
static inline void write_base64(char *p, size_t n)
{
    static const char letters64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i++)
        p[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : letters64[(unsigned char)p[i] % 64];
}

/* Bytes that are the same for the same seed; `plain` ones compress. */
static inline char *make_bytes(uint64_t seed, size_t n, bool plain)
{
    char *p = mem_new(n + 1);
    uint64_t x = seed * 2654435761u + 88172645463325252u;

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = plain ? (char)('a' + (x >> 60)) : (char)x;
    }
    return p;
}

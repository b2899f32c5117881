/* A server's data in a folder of its own, without a server: a store that is open, a directory, keys, a configuration; and
 * backups of it, with the hold that the box would give. */
#pragma once

#include "admin/command.h"
#include "backup/make.h"
#include "base/must.h"
#include "directory/directory.h"
#include "mail/layout.h"
#include "store/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORLD_SEGMENT (1u << 20)

struct world {
    struct arena arena;
    char dir[256];
    struct settings set;
    struct config_tls tls;
    struct store *store;
    uint64_t account, version;
    uint32_t letters;
    uint64_t bodies[1000]; /* by uid */
};

static inline const char *world_path(struct world *w, const char *name)
{
    return arena_printf(&w->arena, "%s/%s", w->dir, name).p;
}

static inline void world_put(const char *path, struct str text)
{
    FILE *f = fopen(path, "w");

    must(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static inline void world_open_store(struct world *w)
{
    struct store_options o = {.dir = world_path(w, "data/box/store"),
                              .segment_bytes = WORLD_SEGMENT,
                              .cache_bytes = 1u << 20,
                              .reserve_bytes = 1,
                              .is_plain = true};

    must(store_open(&o, &w->store) == ST_OK);
}

static inline void world_open(struct world *w)
{
    static const char *const folders[] = {"data", "data/keeper", "data/box", "data/box/store", "tls"};
    struct directory_address alice = {STR("alice"), STR("example.test")};
    struct directory_change none = {0};
    struct directory *d;

    *w = (struct world){.dir = "/tmp/restante-backup-XXXXXX"};
    must(mkdtemp(w->dir));
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        must(mkdir(world_path(w, folders[i]), 0700) == 0);
    must(directory_open(world_path(w, "data/keeper/directory.db"), &d) == ST_OK);
    must(directory_domain_add(d, alice.domain) == ST_OK);
    must(directory_account_add(d, &alice, &none, &w->account) == ST_OK);
    directory_close(d);
    world_put(world_path(w, "tls/server.pem"), STR("certificate"));
    world_put(world_path(w, "tls/server.key"), STR("key"));
    world_put(world_path(w, "conf"), STR("# configuration\n"));
    w->tls = (struct config_tls){.certificate = str_z(world_path(w, "tls/server.pem")),
                                 .key = str_z(world_path(w, "tls/server.key"))};
    w->set = (struct settings){.data = str_z(world_path(w, "data")), .tls = &w->tls, .tls_count = 1};
    world_open_store(w);
}

static inline int world_remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

static inline void world_close(struct world *w)
{
    store_close(w->store);
    nftw(w->dir, world_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_fini(&w->arena);
}

/* A letter in INBOX: what the mail room would write, as far as backups look at it. */
static inline void world_letter(struct world *w, size_t size)
{
    char *bytes = mem_new(size);
    struct kv_blob blob = {.id = blob_new_id(w->store), .bytes = str_n(bytes, size), .refs = 1};
    struct hot hot = {.uid = ++w->letters, .size = (uint32_t)size, .email = w->letters, .blob = blob.id};
    struct mailbox_rec inbox = {
        .name = STR("INBOX"), .uidvalidity = 1, .uidnext = w->letters + 1, .messages = w->letters};
    struct kv_change changes[] = {
        {key_hot(&w->arena, 1, hot.uid), hot_put(&w->arena, &hot), KV_PUT},
        {key_mailbox(&w->arena, 1), mailbox_rec_put(&w->arena, &inbox), KV_PUT},
    };
    struct kv_part part = {.account = w->account, .expected_version = w->version, .changes = changes, .n = 2};
    struct kv_part *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1, .blobs = &blob, .n_blobs = 1};

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(' ' + (i * 31 + w->letters * 7) % 95);
    must(kv_commit(w->store, &c) == ST_OK);
    w->bodies[w->letters] = blob.id;
    w->version++;
    mem_free(bytes);
}

/* The box's line on one end of a pair; the other end in *out_tool. */
static inline int world_pair(const char *line, int *out_tool)
{
    int pair[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    must(send(pair[0], line, strlen(line), 0) == (ssize_t)strlen(line));
    *out_tool = pair[1];
    return pair[0];
}

static inline enum st world_backup_by(struct world *w, const char *line, const char *to, uint64_t keep,
                                      const char *passphrase, struct backup_made *out)
{
    struct str dir = str_z(to);
    struct admin_args args = {.args = &dir, .n = 1};
    struct admin_backup b = {.args = &args,
                             .version = "1.2.3",
                             .set = &w->set,
                             .config = world_path(w, "conf"),
                             .passphrase = str_z(passphrase)};
    int box = world_pair(line, &b.hold);
    enum st st = backup_make(&w->arena, &b, keep, out);

    close(box);
    close(b.hold);
    return st;
}

/* Without keys. */
static inline enum st world_backup(struct world *w, const char *to, uint64_t keep, struct backup_made *out)
{
    struct str line;
    uint64_t batch;
    enum st st;

    must(store_hold_begin(w->store, &batch) == ST_OK);
    line = arena_printf(&w->arena, "{\"batch\":%llu,\"identity\":\"%.*s\"}\n", (unsigned long long)batch,
                        STR_ARGS(store_identity(w->store)));
    st = world_backup_by(w, line.p, to, keep, NULL, out);
    store_hold_end(w->store);
    return st;
}

static inline void world_flip(const char *path, uint64_t at)
{
    int fd = open(path, O_RDWR);
    char c;

    must(fd >= 0 && lseek(fd, (off_t)at, SEEK_SET) >= 0 && read(fd, &c, 1) == 1);
    c ^= 0x20;
    must(lseek(fd, (off_t)at, SEEK_SET) >= 0 && write(fd, &c, 1) == 1 && close(fd) == 0);
}

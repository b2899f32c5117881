#include "backup/restore_keys.h"

#include "admin/admin.h"
#include "backup/directory_keys.h"
#include "backup/keys.h"
#include "base/json.h"
#include "base/secret.h"
#include "config/config.h"
#include "store/os_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_MAX (4u << 20)

static enum st unseal(struct arena *a, const struct chosen *c, struct str passphrase, struct restored_keys *k)
{
    struct str sealed;
    enum st st = backup_read_file(a, backup_path(a, c->dir, c->set.name, STR(BACKUP_KEYS)), KEYS_TAR_MAX * 2, &sealed);

    if (st == ST_OK)
        st = backup_keys_unseal(sealed, passphrase, &k->tar);
    if (st != ST_CORRUPT && st != ST_NOTFOUND)
        return st;
    k->why_not = arena_cstr(a, str_z(err_get()->text)); /* the mail is there all the same */
    buf_clear(&k->tar);
    return ST_OK;
}

enum st restore_keys_open(struct arena *a, const struct chosen *c, const struct admin_args *args,
                          struct restored_keys *out)
{
    struct str passphrase;
    enum st st;

    *out = (struct restored_keys){0};
    buf_init(&out->tar, KEYS_TAR_MAX);
    buf_init(&out->kept, 1u << 20);
    if (!c->manifest.has_keys || admin_has(args, "without-keys"))
        return ST_OK;
    TRY(admin_read_passphrase(admin_has(args, "passphrase-stdin"), false, a, &passphrase));
    st = unseal(a, c, passphrase, out);
    wipe((void *)(uintptr_t)passphrase.p, passphrase.n);
    return st;
}

void restore_keys_fini(struct restored_keys *k)
{
    if (k->tar.n)
        wipe(k->tar.p, k->tar.n);
    buf_fini(&k->tar);
    buf_fini(&k->kept);
}

/* --- into their places ------------------------------------------------------------------------------------------- */

/* The data directory as the server had it. */
static struct str old_data(struct arena *a, const struct chosen *c, const struct settings *now)
{
    struct config_errors *errors = ARENA_NEW(a, struct config_errors);
    const char *path = backup_path(a, c->dir, c->set.name, STR(BACKUP_CONFIG));
    const struct settings *then;
    struct str text, data;

    if (backup_read_file(a, path, CONFIG_MAX, &text) != ST_OK || config_parse(text, path, &then, errors) != ST_OK)
        return now->data;
    data = arena_str(a, then->data);
    config_unref(then);
    return data;
}

static enum st make_dirs(struct arena *a, struct str path)
{
    char *p = arena_cstr(a, path);

    for (size_t i = 1; i < path.n; i++) {
        if (p[i] != '/')
            continue;
        p[i] = 0;
        if (mkdir(p, 0755) == 0 ? chmod(p, 0755) != 0 : errno != EEXIST) /* the umask has taken from it */
            return FAIL_ERRNO(p);
        p[i] = '/';
    }
    return ST_OK;
}

static enum st write_key(const char *path, const struct backup_key *key)
{
    const struct os_file *os = &os_file_system;
    enum st st;
    int fd;

    TRY(os->open(os, path, O_WRONLY | O_CREAT | O_EXCL, &fd));
    st = os->write(os, fd, key->bytes.p, key->bytes.n, 0);
    if (st == ST_OK && geteuid() == 0 && fchown(fd, key->uid, key->gid) != 0)
        st = FAIL_ERRNO(path);
    if (st == ST_OK && fchmod(fd, key->mode & 0777) != 0)
        st = FAIL_ERRNO(path);
    if (st == ST_OK)
        st = os->sync(os, fd);
    os->close(os, fd);
    if (st != ST_OK) { /* half a key would stay in the way of the next try */
        struct err why = *err_get();

        IGNORE(os->unlink(os, path));
        *err_get() = why;
    }
    return st;
}

static void tell_kept(struct restored_keys *k, struct str path)
{
    struct json j;

    if (k->kept.n)
        buf_addc(&k->kept, ',');
    json_init(&j, &k->kept);
    json_str(&j, path);
}

static enum st put_one(struct arena *a, struct str path, const struct backup_key *key, struct restored_keys *k)
{
    struct str there;
    enum st st;

    if (str_search(path, STR("/../")) < path.n)
        return FAIL(ST_CORRUPT, "a key's path leads upward: %.*s", STR_ARGS(str_sub(path, 0, 100)));
    TRY(make_dirs(a, path));
    st = write_key(arena_cstr(a, path), key);
    if (st == ST_EXISTS) {
        if (backup_read_file(a, arena_cstr(a, path), key->bytes.n + 1, &there) != ST_OK || !str_eq(there, key->bytes)) {
            tell_kept(k, path);
            return ST_OK;
        }
        st = ST_OK;
    }
    k->restored += st == ST_OK;
    return st;
}

enum st restore_keys_to_directory(struct arena *a, const struct restored_keys *k, const char *directory)
{
    struct backup_key *keys;
    size_t n;

    if (!k->tar.n)
        return ST_OK;
    TRY(backup_keys_list(a, buf_str(&k->tar), &keys, &n));
    for (size_t i = 0; i < n; i++)
        if (str_ends(keys[i].path, STR("/keeper/" BACKUP_DIRECTORY_KEYS)))
            return directory_keys_put(directory, keys[i].bytes);
    return ST_OK; /* an older backup has them in its directory */
}

enum st restore_keys_put(struct arena *a, const struct chosen *c, const struct settings *set, const char *tmp,
                         struct restored_keys *k)
{
    struct backup_key *keys;
    struct str data;
    size_t n;

    if (!k->tar.n)
        return ST_OK;
    data = old_data(a, c, set);
    TRY(backup_keys_list(a, buf_str(&k->tar), &keys, &n));
    for (size_t i = 0; i < n; i++) {
        struct str path = keys[i].path;

        if (str_ends(path, STR("/keeper/" BACKUP_DIRECTORY_KEYS))) /* they are back already */
            continue;
        if (str_starts(path, data) && path.n > data.n && path.p[data.n] == '/')
            path = arena_printf(a, "%s%.*s", tmp, STR_ARGS(str_from(path, data.n)));
        TRY(put_one(a, path, &keys[i], k));
    }
    return ST_OK;
}

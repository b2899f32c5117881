/* What stands in a snapshot, as far as backups are concerned. */
#pragma once

#include "base/arena.h"
#include "store/format.h"
#include "store/snap_file.h"

struct backup_contents {
    struct snap_head head;
    struct segment_row *segments; /* those that are not gone and hold something; by number */
    size_t n_segments;
    uint64_t messages; /* in mailboxes */
};
/* ST_CORRUPT. Everything is in the arena. */
enum st backup_contents_read(struct arena *a, const char *path, struct backup_contents *out) MUST_USE;

/* Rows of bodies or segments, or of mail: `account` is ACCOUNT_STORE for the first. Views last until the next one. */
struct backup_row {
    uint64_t account;
    struct str key, value; /* key: without the account */
};
enum st backup_row_next(struct snap_reader *r, struct backup_row *out) MUST_USE; /* as snap_reader_next */
bool backup_row_is_body(const struct backup_row *row, struct blob_row *out);     /* false also when it makes no sense */

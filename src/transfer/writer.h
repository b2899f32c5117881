/* Where exported mail is written to: one of three forms. A mailbox that can't be written as files at all (its name) is ST_LIMIT
 * or ST_SYNTAX, and the export goes on without it; what else fails ends it. */
#pragma once

#include "transfer/letter.h"
#include "transfer/report.h"

struct writer {
    const struct writer_ops *ops;
    struct report *report;
};

struct writer_ops {
    enum st (*open)(const char *path, struct writer **out); /* ST_EXISTS: something is there already */
    enum st (*mailbox)(struct writer *w, const struct mailbox_head *m);
    enum st (*letter)(struct writer *w, const struct letter *l);
    enum st (*mailbox_end)(struct writer *w);
    enum st (*close)(struct writer *w); /* flushes to the disk, frees */
};

extern const struct writer_ops write_maildir, write_mbox, write_zip;

/* Makes a directory that must be missing or empty. ST_EXISTS. */
enum st writer_new_dir(const char *path) MUST_USE;
/* All of a file system to the disk. */
enum st writer_sync(const char *path) MUST_USE;
enum st writer_file(const char *path, struct str bytes, int64_t date_s) MUST_USE; /* a new file; date_s 0: now */

/* Keywords of one mailbox as letters a to z, the way Dovecot does it; given in order of appearance. */
struct keyword_letters {
    struct arena arena;
    struct str names[26];
    size_t n;
    bool too_many; /* one had no letter left */
};
void keyword_letters_init(struct keyword_letters *k);
void keyword_letters_fini(struct keyword_letters *k);
void keyword_letters_add(struct keyword_letters *k, const struct letter *l, struct buf *out);
void keyword_letters_list(const struct keyword_letters *k, struct buf *out); /* a file dovecot-keywords */

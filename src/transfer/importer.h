/* Puts letters into mailboxes: makes those that are missing, passes over letters that are there already (byte for byte the same), and
 * adds many with one commit. Readers of files call it. */
#pragma once

#include "transfer/inside.h"
#include "transfer/letter.h"
#include "transfer/seen.h"

struct importer {
    struct transfer *t;
    struct str base;        /* --mailbox; may be empty */
    struct str uidl_format; /* --pop3-uidl: how the source made unique ids of POP3; may be empty */
    struct buf file;        /* for readers: one letter's bytes */

    struct arena arena; /* of the open mailbox */
    struct str mailbox, wire;
    bool is_refused;          /* its letters can't be added */
    struct mailbox_head head; /* as it was when it was opened */
    uint32_t uidvalidity;     /* that uids of letters are kept under; 0: they are not */
    uint32_t source_validity; /* of the source; 0: it has none */
    uint32_t uidnext;         /* that the mailbox is to have in the end */
    uint32_t next_uid;        /* that it has now */
    struct seen seen;

    struct arena batch_arena;
    struct buf bytes; /* of the batch */
    struct queued *batch;
    size_t n;
};

/* `where` names the letter for people. What is wrong with this letter alone is reported. ST_OVERQUOTA, or the connection: the
 * import ends. */
enum st importer_put(struct importer *im, const struct letter *l, struct str where) SUSPENDS MUST_USE;

enum st importer_flush(struct importer *im, bool is_last) SUSPENDS MUST_USE;
/* What comes next for this mailbox has uids of this uidvalidity (0: none). They are kept where the mailbox never had a message or
 * has them from there. *out_from: with keeping, where an earlier import ended; else 1. */
enum st importer_origin(struct importer *im, const struct mailbox_head *source, uint32_t *out_from) SUSPENDS MUST_USE;
/* A mailbox without letters is made too. */
enum st importer_make(struct importer *im, struct str mailbox) SUSPENDS MUST_USE;

/* An annotation (RFC 5464) of the mailbox, or, with "", of the account; one that is there stays as it is. `entry`: "/private/comment".
 * What is refused is reported. */
enum st importer_note(struct importer *im, struct str mailbox, struct str entry, struct str value) SUSPENDS MUST_USE;

/* The mailbox for what has this name in the source, below --mailbox; an empty one is --mailbox itself, or INBOX. */
struct str importer_name(struct importer *im, struct arena *a, struct str name);
/* A file to be read, and when it was changed: no symbolic link, since whose directory it is must not choose what root reads, and no
 * pipe, which would be waited for. ST_NOTFOUND, ST_SYNTAX and the like. */
enum st importer_open(const char *path, int *out_fd, int64_t *out_date_s) MUST_USE;
/* All of it into im->file, no more than a letter may have. What fails is reported, as the answer ST_NOTFOUND. */
enum st importer_read(struct importer *im, const char *path, struct str mailbox, int64_t *out_date_s) MUST_USE;

/* --- readers --- */
enum st read_path(struct importer *im, const char *path) SUSPENDS MUST_USE;
enum st read_maildir(struct importer *im, const char *dir, struct str mailbox) SUSPENDS MUST_USE;
enum st read_mbox(struct importer *im, const char *path, struct str mailbox) SUSPENDS MUST_USE;
bool read_imap_is_url(struct str path);
enum st read_imap(struct importer *im, struct str url) SUSPENDS MUST_USE;
enum st read_zip(struct importer *im, const char *path) SUSPENDS MUST_USE;

/* Keywords by their letters: a dovecot-keywords file's names. */
struct keyword_names {
    struct str names[26];
};
void keyword_names_parse(struct arena *a, struct str text, struct keyword_names *out);
/* Flags and keywords from letters; 'P' is $Forwarded. The keywords lie in the arena. */
void keyword_names_apply(const struct keyword_names *k, struct arena *a, struct str letters, struct letter *out);

/* Our own .eml files have flags and a date that counts in their names: "0000000042,RSa.eml". */
void eml_describe(struct str name, const struct keyword_names *k, struct arena *a, int64_t mtime_s, struct letter *l);

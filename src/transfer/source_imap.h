/* Mailboxes and messages of an account, read over IMAP: of our own box, or of another server. */
#pragma once

#include "transfer/client.h"
#include "transfer/letter.h"
#include "transfer/report.h"

struct imap_folder {
    struct str name; /* UTF-8, "/" between levels */
    struct str wire; /* as the server writes it, quoted */
};

/* Those that can be selected; in the arena. */
enum st imap_folders(struct client *c, struct arena *a, struct imap_folder **out, size_t *out_n) SUSPENDS MUST_USE;
/* How many messages it has by STATUS. */
enum st imap_count(struct client *c, const struct imap_folder *f, uint64_t *out) SUSPENDS MUST_USE;
/* Selects it read-only. ST_DENIED and the like: not this one. */
enum st imap_examine(struct client *c, const struct imap_folder *f, struct mailbox_head *out) SUSPENDS MUST_USE;

/* The number of the first message with at least this uid, or one before it. */
enum st imap_first(struct client *c, const struct mailbox_head *m, uint32_t uid, uint32_t *out) SUSPENDS MUST_USE;

/* Each message of the selected mailbox, from that number on, to `take`, which may not use this client; what the server can't
 * give is reported as left out. Another status of take than ST_OK ends it. */
typedef enum st imap_take_fn(void *arg, const struct letter *l) SUSPENDS;
enum st imap_fetch_all(struct client *c, const struct mailbox_head *m, uint32_t first, struct report *r,
                       imap_take_fn *take, void *arg) SUSPENDS MUST_USE;

/* Whether the connection is still good after this status: what the server only refused. */
bool imap_is_refusal(enum st st);

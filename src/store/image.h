/* Images: what an owner of rows wants back with one reading after a restart, instead of walking over the rows. A file for an
 * account and a number of the owner's choice; what is in it is the owner's affair. It is a cache: in no journal, in no backup,
 * not synced, and done without whenever something does not fit (docs/formats/store.md). */
#pragma once

#include "store/store.h"

#define IMAGE_CHUNK_MAX (2u << 20) /* bytes of a chunk */
#define IMAGE_HEAD_MAX 64u         /* bytes of the owner's head */
#define IMAGE_FOLDERS 256u

/* Writing: chunks one after the other, then the head, with which it takes the place of the one before. It may hold
 * what is durable when it is ended, and nothing later. A writer is ended in any case; without a head it is given up. One at a time for an
 * account and number. ST_NOSPACE, ST_IO, ST_TRYLATER. */
struct image_writer;
enum st image_create(struct store *s, uint64_t account, uint32_t number, struct image_writer **out) SUSPENDS MUST_USE;
enum st image_add(struct image_writer *w, struct str chunk) SUSPENDS MUST_USE; /* the bytes are the caller's again */
enum st image_end(struct image_writer *w, struct str head) SUSPENDS MUST_USE;

/* Reading: head, then each chunk, on a thread of the pool while the caller waits: they touch nothing but what hangs on `arg`, and
 * end the reading by another answer than ST_OK. Only when it says ST_OK was all of it as it had been written.
 * ST_NOTFOUND: there is none, or none of this store's own past. ST_CORRUPT, ST_IO. */
struct image_taker {
    enum st (*head)(void *arg, struct str head);
    enum st (*chunk)(void *arg, struct str chunk);
    void *arg;
};
enum st image_read(struct store *s, uint64_t account, uint32_t number, const struct image_taker *t) SUSPENDS MUST_USE;

enum st image_remove(struct store *s, uint64_t account, uint32_t number) SUSPENDS MUST_USE; /* none: fine */

/* What there is in one of the IMAGE_FOLDERS folders, in no order. */
struct image_name {
    uint64_t account;
    uint32_t number;
    bool is_tmp; /* being written, or left so by a crash */
};
enum st image_list(struct store *s, unsigned folder, struct arena *a, struct image_name **out, size_t *out_n)
    SUSPENDS MUST_USE;
enum st image_remove_tmp(struct store *s, uint64_t account, uint32_t number) SUSPENDS MUST_USE;

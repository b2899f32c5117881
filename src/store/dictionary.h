/* Trains dictionaries for the compression of short bodies, and keeps them. Inside store/. */
#pragma once

#include "store/squeeze.h"
#include "store/store.h"
#include "store/tools.h"

/* While opening, when the index is up to date: every dictionary that there is can be used afterwards. A lost one is
 * logged; only the bodies that need it can't be read. */
enum st dictionary_load(struct store *s) MUST_USE;

/* Which one new bodies are compressed with: the newest, or none where the settings say so. */
void dictionary_choose(struct store *s);

/* Trains one when it is time. From the upkeep's thread; takes a second of CPU at most, a few times in a store's life. */
enum st dictionary_step(struct store *s) SUSPENDS MUST_USE;

/* From a copy of it, the file or the row: bodies that name it can be read. ST_EXISTS; ST_CORRUPT: it is not that one. */
enum st dictionary_add(struct squeeze *z, unsigned number, struct str bytes) MUST_USE;

/* Both copies of each. With `mends` a bad one is made again from what is in use. From a plain thread, while others work. */
enum st dictionary_check(struct store *s, struct store_report *r, bool mends, uint64_t *out_n) SUSPENDS MUST_USE;

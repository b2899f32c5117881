/* What stands on the disk, byte for byte; docs/formats/store.md draws it. A segment file begins with a page
 * that names it; behind it stand records, each a head and its bytes, at multiples of 8. All numbers are
 * little-endian. Checks are XXH3-64: a head's covers segment, generation and offset besides itself, so that it
 * is good only where it was written; the bytes have a hash of their own in the head. Pure. */
#pragma once

#include "base/rec.h"

#define FORMAT_VERSION 3u        /* of the whole, in the file FORMAT */
#define FORMAT_WITHOUT_RANGES 3u /* from it on no range is deleted in the index as such */
#define SEGMENT_VERSION 1u       /* of a segment's head */
#define BATCH_VERSION 2u         /* of a journal record; 1 had no section behind the parts */
#define SEGMENT_HEAD_BYTES 4096u /* the page; what is used of it is SEGMENT_HEAD_USED */
#define SEGMENT_HEAD_USED 56u
#define RECORD_HEAD_BYTES 48u
#define RECORD_ALIGN 8u

enum segment_kind { SEGMENT_SPARE, SEGMENT_JOURNAL, SEGMENT_BULK };
enum record_type { RECORD_BLOB = 1, RECORD_JOURNAL = 2 };
/* PACKED: pack.h, then zstd. */
enum codec { CODEC_RAW, CODEC_ZSTD, CODEC_ZSTD_DICTIONARY, CODEC_PACKED, CODEC_PACKED_DICTIONARY, CODEC_COUNT };

struct segment_head {
    enum segment_kind kind;
    uint64_t id, generation, size, first_seq; /* journal: sequence number of its first batch */
};

void segment_head_encode(const struct segment_head *h, unsigned char out[SEGMENT_HEAD_USED]);
/* ST_CORRUPT, ST_DENIED (a newer version) */
enum st segment_head_decode(const unsigned char in[SEGMENT_HEAD_USED], struct segment_head *out) MUST_USE;

/* Where a record stands: its head is only good there. */
struct place {
    uint64_t segment, generation, offset;
};

#define RECORD_STAGED 0u /* as id: written ahead of its commit, when it had none; known by place and hash */

struct record_head {
    enum record_type type;
    enum codec codec;
    uint64_t id; /* of the blob; of a journal record its sequence number */
    uint64_t stored, raw, hash;
    uint16_t dictionary; /* of a codec that has one; else 0 */
};

static inline bool codec_is_packed(enum codec c)
{
    return c == CODEC_PACKED || c == CODEC_PACKED_DICTIONARY;
}

static inline bool codec_has_dictionary(enum codec c)
{
    return c == CODEC_ZSTD_DICTIONARY || c == CODEC_PACKED_DICTIONARY;
}

uint64_t bytes_hash(struct str s);
void record_head_encode(const struct record_head *h, const struct place *at, unsigned char out[RECORD_HEAD_BYTES]);
enum st record_head_decode(const unsigned char in[RECORD_HEAD_BYTES], const struct place *at, struct record_head *out)
    MUST_USE;

/* Head and bytes, filled up to the next multiple of 8. */
static inline uint64_t record_bytes(uint64_t stored)
{
    return (RECORD_HEAD_BYTES + stored + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
}

/* --- the journal record's bytes: physical redo of one batch ------------------------------------ */
struct blob_row {
    uint64_t id, segment, offset, stored, raw, hash;
    uint32_t refs;
    enum codec codec;
};
#define BLOB_ROW_BYTES 53u

struct batch_head {
    uint64_t wall_us, blob_ceiling;
    uint64_t end; /* offset behind the batch's last record: where the next batch begins */
};
#define BATCH_HEAD_BYTES 25u

void batch_put_head(struct buf *b, const struct batch_head *h);
void batch_put_blob(struct buf *b, const struct blob_row *row);

/* A body that was copied elsewhere, as stored: its row follows. With id 0: the segment is gone, if nothing is live in it. */
struct blob_move {
    uint64_t id, segment, offset;
};
#define BLOB_MOVE_BYTES 24u
#define ACCOUNT_BEFORE_BYTES 16u

enum st batch_check_version(struct str bytes) MUST_USE; /* ST_DENIED: a newer version wrote it */

struct change_view {
    uint8_t op;
    struct str key, value; /* keys with their account in front */
};

/* Reads a batch in the order in which it is written: head, blobs, derefs, parts with their changes, accounts of the
 * batch before, moves. Each `next` is called until it says false; ask batch_end last. */
struct batch_reader {
    struct rec r;
    uint32_t left, changes_left;
    uint8_t version;
};
void batch_read(struct batch_reader *b, struct str bytes, struct batch_head *out_head);
bool batch_next_blob(struct batch_reader *b, struct blob_row *out);
bool batch_next_deref(struct batch_reader *b, uint64_t *out_id, int32_t *out_delta);
bool batch_next_part(struct batch_reader *b, uint64_t *out_account, uint64_t *out_version);
bool batch_next_change(struct batch_reader *b, struct change_view *out);
/* What the batch before has brought: an account may come several times, the last version is the one that it reached. */
bool batch_next_before(struct batch_reader *b, uint64_t *out_account, uint64_t *out_version);
bool batch_next_move(struct batch_reader *b, struct blob_move *out);
enum st batch_end(const struct batch_reader *b) MUST_USE;

/* --- the index: rows of the store's own account -------------------------------------------------- */
#define ACCOUNT_STORE UINT64_MAX
#define ACCOUNT_DICTIONARIES (UINT64_MAX - 1) /* committed to like any other: key d and number (u16, big-endian) */
#define TRIED_KEY "t"   /* there: so many bodies there are before a dictionary is tried again: u64 */
#define HISTORY_KEY "h" /* there: the record of runs */
enum { ROW_BLOB = 'b', ROW_POSITION = 'j', ROW_SEGMENT = 's', ROW_VERSION = 'v' };
#define ROW_KEY_BYTES 17u /* account, letter, number */

struct row_key {
    char p[ROW_KEY_BYTES];
};
struct row_key row_key(char row, uint64_t number);
void account_prefix(uint64_t account, char out[8]);

struct position_row {
    uint64_t seq;                  /* the last batch that the index holds; 0: none */
    uint64_t segment, offset, end; /* where its record stands, and where the next begins */
    uint64_t blob_ceiling;         /* no id at or above it was ever given */
};

struct segment_row {
    struct segment_head head;
    bool is_gone; /* compacted away: its file is not needed any more */
    uint64_t last_seq, used, live_bytes, live_blobs, journal_bytes;
};

void blob_row_value(struct buf *b, const struct blob_row *row);
enum st blob_row_of(struct str value, uint64_t id, struct blob_row *out) MUST_USE;
void position_row_value(struct buf *b, const struct position_row *row);
enum st position_row_of(struct str value, struct position_row *out) MUST_USE;
void segment_row_value(struct buf *b, const struct segment_row *row);
enum st segment_row_of(struct str value, struct segment_row *out) MUST_USE;
void version_row_value(struct buf *b, uint64_t version);
enum st version_row_of(struct str value, uint64_t *out) MUST_USE;
/* The same of a row that was looked for with that outcome: an account without one is at 0. */
enum st version_row_found(enum st st, struct str value, uint64_t *out) MUST_USE;

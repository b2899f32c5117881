/* Keys and records of the queue (docs/formats/queue.md): pure. */
#pragma once

#include "base/envelope.h"
#include "base/limits.h"
#include "base/rec.h"
#include "queue/queue.h"

#define ENTRY_KEY 'Q'
#define ENTRY_KEY_BYTES 9
struct str entry_key(struct arena *a, uint64_t id);
uint64_t entry_id_of(struct str key);

/* A place in the order in which entries are due. */
struct entry_place {
    uint64_t due_us, id;
};
#define ENTRY_NOWHERE ((struct entry_place){UINT64_MAX, UINT64_MAX}) /* behind all */
/* Each priority has an order of its own. */
struct str entry_due_key(struct arena *a, int priority, struct entry_place place);
struct str entry_due_end(struct arena *a, int priority); /* behind all keys of that priority */
bool entry_is_due_key(struct str key, int *out_priority, struct entry_place *out);
static inline bool entry_is_before(struct entry_place a, struct entry_place b)
{
    return a.due_us != b.due_us ? a.due_us < b.due_us : a.id < b.id;
}

/* Of one that is to leave later, among those of its account; its value says until when, and how large it is. */
struct str entry_future_key(struct arena *a, uint64_t account, uint64_t id);
struct str entry_future_value(struct arena *a, const struct queue_entry *e);
enum st entry_future_get(struct str value, uint64_t *out_release_us, uint64_t *out_size) MUST_USE;

/* ST_LIMIT: more than LIMIT_QUEUE_ENTRY bytes, or too many attributes. */
enum st entry_encode(struct arena *a, const struct queue_entry *e, struct str *out) MUST_USE;
enum st entry_decode(struct arena *a, uint64_t id, struct str value, struct queue_entry *out)
    MUST_USE; /* views into value */

struct entry_counts {
    struct queue_counts counts;
    uint64_t low_id, low_due_us; /* nothing stands before these: where to begin to look */
};
struct str counts_key(void);
struct str counts_encode(struct arena *a, const struct entry_counts *c);
enum st counts_decode(struct str value, struct entry_counts *out) MUST_USE;

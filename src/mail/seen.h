/* What somebody has \Seen in a mailbox that is not his: his own affair, kept at the owner a row for each message. */
#pragma once

#include "mail/state.h"

/* How many of its messages he has seen. On the owner's core. */
enum st seen_count(struct mailbox *mb, uint64_t who, uint32_t *out) SUSPENDS MUST_USE;

/* The rows of one reader in memory, at a replica. */
struct reader {
    struct list link; /* in replica->readers */
    uint64_t who;
    unsigned views;
    bool loading;
    enum st load_st;
    struct co_waitq waiting;
    size_t n, cap;
    uint32_t *uid; /* ascending */
    uint64_t *modseq;
    bool *seen;
};
void reader_fini(struct reader *r);
bool reader_find(const struct reader *r, uint32_t uid, size_t *out_i);
void reader_put(struct reader *r, uint32_t uid, bool seen, uint64_t modseq); /* unless a later one is known */
/* All of them, beside what comes in meanwhile. From any core. */
enum st reader_load(struct reader *r, struct store *s, uint64_t owner, uint32_t mailbox) SUSPENDS MUST_USE;

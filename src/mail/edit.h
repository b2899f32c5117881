/* Picking messages for a change; used by what changes many. */
#pragma once

#include "mail/change.h"

struct pick {
    struct hot *h; /* pending state, ascending uids */
    bool *in_flight;
    size_t n;
    uint32_t last; /* the last uid looked at when there may be more; 0: that was all */
};

/* What of `uids` from uid `from` on the view knows and `want` accepts (NULL: all), at most `most`. */
void pick_view(const struct view *v, struct uid_set uids, uint32_t from, size_t most, bool (*want)(const struct hot *h),
               struct arena *ar, struct pick *out);
/* What the mailbox will hold when everything in flight has arrived. Their counts of references are known then, until the next
 * wait; the caller holds them (refs_hold) for as long as it needs them. */
enum st pick_all(struct mailbox *mb, size_t most, struct arena *ar, struct pick *out) SUSPENDS MUST_USE;
/* Of these uids, as it will be. Otherwise the same; p->last stays 0: what is picked is gone when it is asked again. */
enum st pick_uids(struct mailbox *mb, struct uid_set uids, size_t most, struct arena *ar, struct pick *out)
    SUSPENDS MUST_USE;
/* The references of these. *out_waited: it had to wait, so pick again. */
enum st pick_refs(struct account *a, const struct pick *p, bool *out_waited) SUSPENDS MUST_USE;

/* A new letter as a message, in one mailbox or several accounts: what APPEND and delivery have in common. */
struct letter {
    const struct new_mail *mail;
    uint64_t blob, size; /* without the prefix */
    uint64_t now_us;
};
struct letter_size {
    uint64_t bytes;
    uint32_t head; /* of them its header */
};
enum st append_check(const struct new_mail *mail, struct letter_size *out) MUST_USE;
uint32_t append_letter(struct change *c, struct mailbox *mb, const struct letter *l, struct str prefix);

/* What becomes of the email of a message that leaves its mailbox for good: kept for a while, or gone. Where deleted messages are
 * not kept its references must be known (pick_refs). */
void edit_let_go(struct change *c, const struct mailbox *mb, const struct hot *h);
/* Of the mailbox, in one commit. `origin`: of the view that does it; 0: none. */
enum st edit_remove(struct mailbox *mb, const struct pick *p, uint64_t origin) SUSPENDS MUST_USE;

enum st mailbox_empty_some(struct mailbox *mb, size_t most, size_t *out_n) SUSPENDS MUST_USE;
enum st mailbox_move_all(struct mailbox *from, struct str to) SUSPENDS MUST_USE;

/* Orders of a whole mailbox that SORT keeps, one for a key: the next SORT by that key, of all messages or of many, then reads no records. What a
 * message is sorted by never changes, so only new messages have to be put in. An order is immutable; a newer one takes its place. They are given up
 * with the mailbox's messages in memory, and none is kept beyond LIMIT_MAIL_ORDERS on a core. */
#pragma once

#include "mail/sort.h"
#include "mail/state.h"

#define ORDER_SAME (1u << 31) /* of order.at: equal to the one before it */

struct order {
    enum sort_by by;
    unsigned users;
    size_t n;
    uint32_t *uid; /* ascending */
    uint32_t *at;  /* in order: indices into uid, and ORDER_SAME */
};

/* For n messages, to be filled in; held by the caller. */
struct order *order_new(enum sort_by by, size_t n);
/* NULL: there is none. The caller holds it until order_release (NULL is fine). */
struct order *order_hold(const struct messages *m, enum sort_by by);
void order_release(struct order *o);
/* Keeps it with the messages, instead of another one of its key or of that which was kept first, if there is room. */
void order_keep(struct messages *m, struct order *o);
/* With room for `more` messages, without those that the mailbox does not have any more; held by the caller. */
struct order *order_copy(const struct order *o, const struct messages *m, size_t more);
/* Puts a message, whose uid is larger than all others, in at this place. */
void order_put(struct order *o, uint32_t uid, size_t place, bool same);

size_t orders_bytes(const struct orders *os); /* NULL is fine, here and below */
void orders_free(struct orders *os);

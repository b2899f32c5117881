/* Mailboxes of other accounts that somebody wants to hear of without looking into them (NOTIFY, RFC 5465): the owner's core posts that
 * something has happened, and what it is by now whoever watches asks himself (mailbox_status). A mailbox costs some bytes on both sides,
 * and each commit there a post. What is known of its notes is not told. */
#pragma once

#include "mail/watch.h"

struct far_watch;
struct far_watch *far_watch_new(struct account *a); /* lives no longer than the account is open */
void far_watch_free(struct far_watch *w);           /* NULL is fine */
/* One that mailbox_list_shared has told of, with the rights that RFC 5465 section 5 asks for. ST_NOTFOUND, ST_NOPERM; ST_LIMIT: there are
 * LIMIT_MAIL_FAR_WATCHED. */
enum st far_watch_add(struct far_watch *w, const struct mailbox_info *box) SUSPENDS MUST_USE;

struct far_event {
    struct str name, old_name; /* in the arena; old_name: it was renamed from that */
    unsigned messages;         /* WATCH_ADDED ... */
    bool gone;                 /* deleted: nothing more comes of it */
    bool was_hidden;           /* as far_watch_hide has it */
    bool lost;                 /* its account can't be watched any more just now, and no other of it */
    void *box;                 /* for far_watch_hide, until the next call of anything */
};
bool far_watch_has(const struct far_watch *w);
/* What has happened to one of them since it was last told. False: to none. */
bool far_watch_next(struct far_watch *w, struct arena *ar, struct far_event *out);
/* That the user was told that he may not see it, or that he may. */
void far_watch_hide(const struct far_event *e, bool hidden);
/* fn(arg) on the loop, once, when the next news have come; NULL takes it back. */
void far_watch_on_change(struct far_watch *w, void (*fn)(void *arg), void *arg);

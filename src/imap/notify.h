/* NOTIFY (RFC 5465): a client says once which changes it wants to hear of, in which mailboxes, and hears of them at any time. Until
 * it does so, a session tells what happens in the selected mailbox, behind commands and in IDLE. */
#pragma once

#include "imap/fetch.h"
#include "imap/filter.h"
#include "mail/far_watch.h"

enum {
    NOTIFY_NEW = 1,
    NOTIFY_EXPUNGE = 2,
    NOTIFY_FLAGS = 4,
    NOTIFY_NAME = 8,
    NOTIFY_SUBSCRIPTION = 16,
    NOTIFY_METADATA = 32, /* of mailboxes */
    NOTIFY_SERVER = 64,   /* metadata of the server */
    NOTIFY_MESSAGES = NOTIFY_NEW | NOTIFY_EXPUNGE | NOTIFY_FLAGS,
};

struct notify_group {
    struct imap_filter filter;
    unsigned events;
};

/* What a session was told to tell. */
struct imap_notify {
    struct arena arena; /* of what the groups and items consist of */
    struct notify_group *groups;
    size_t n;
    unsigned selected;           /* events of the selected mailbox */
    bool is_delayed;             /* its expunges wait for a command, or IDLE (section 6.1.2) */
    const struct fetch *fetch;   /* told of its new messages; NULL: nothing */
    struct account_watch *watch; /* NULL: nothing outside the selected mailbox is wanted */
    struct far_watch *far;       /* of mailboxes of others; NULL: none are */
    struct uid_range own;        /* messages that came into it by the command that runs; none: 0 */
};

void imap_notify_free(struct imap_notify *n);  /* NULL is fine */
void imap_notify_none(struct imap_session *s); /* as if NOTIFY NONE had come */

/* What happens in the selected mailbox is told, between commands now. */
bool imap_notify_tells(const struct imap_session *s);
/* ... with its expunges. */
bool imap_notify_may_expunge(const struct imap_session *s);
/* Changed metadata is told, between commands now; and this (mailbox "": the server's) is wanted at all. */
bool imap_notify_tells_notes(const struct imap_session *s);
bool imap_notify_wants_note(const struct imap_session *s, struct str mailbox);
/* There is something to be told between commands. */
bool imap_notify_has(const struct imap_session *s);
/* Tells it. */
enum st imap_notify_send(struct imap_session *s) SUSPENDS MUST_USE;
/* What has happened outside the selected mailbox, as it may be told any time. */
enum st imap_notify_send_others(struct imap_session *s) SUSPENDS MUST_USE;

/* A command has put messages into a mailbox: of those in the selected one no items are told (section 5.2). */
void imap_notify_own(struct imap_session *s, uint32_t uidvalidity, const uint32_t *uids, size_t n);

/* Union of what the groups say of a mailbox that is not the selected one. */
unsigned imap_notify_events(const struct imap_notify *n, const struct mailbox_info *box);
/* STATUS of it (sections 3.1 and 5.1 to 5.3). */
void imap_notify_put_status(struct imap_session *s, unsigned events, const struct mailbox_info *box) SUSPENDS;

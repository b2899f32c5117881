/* What POP3 asks of a mailbox besides its messages. On the core of the account. */
#pragma once

#include "mail/mail.h"

/* One POP3 session at a time in a mailbox (RFC 1939 section 4); IMAP is not concerned. ST_BUSY. */
enum st view_pop3_lock(struct view *v) MUST_USE;
void view_pop3_unlock(struct view *v);

/* LOGIN-DELAY (RFC 2449 section 6.5): so many seconds the account has to wait yet, 0: none; and it has logged in now. Kept in memory. */
uint32_t mail_pop3_wait_s(struct mail *m, uint64_t account, uint32_t delay_s);
void mail_pop3_login(struct mail *m, uint64_t account, uint32_t delay_s);

/* These were fetched to their end. The first time is what retention counts from: durable when ST_OK, one commit at most, none when
 * all were fetched before. The view is of the account's own mailbox. */
enum st view_note_fetched(struct view *v, struct uid_set uids) SUSPENDS MUST_USE;

/* Unique ids (RFC 1939 section 7) of messages that came here with one. Ascending by uid; in the arena. */
struct mail_uidls {
    uint32_t *uid;
    struct str *text;
    size_t n;
};
/* One that is the same as another message's, stored or made by the format (base/uidl_format.h), is given up first, for good. */
enum st view_uidls(struct view *v, struct str format, struct arena *ar, struct mail_uidls *out) SUSPENDS MUST_USE;
struct str mail_uidl_of(const struct mail_uidls *u, uint32_t uid); /* empty: it has none of its own */
void mail_uidl_make(const struct view *v, struct str format, const struct mail_msg *m, struct buf *out);

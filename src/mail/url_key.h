/* Mailbox access keys (RFC 4467 section 2.2): a secret of an account for each mailbox that it has made URLs for, its own and others'. By it the
 * account's URLs are signed; a new one, or none, makes all that were signed by the old one void. They are rows of the store and are read
 * when they are needed, which is seldom. */
#pragma once

#include "mail/mail.h"

#define MAIL_URL_KEY_BYTES 32

/* The key for this mailbox as the account sees it (view_info). `make`: one that is not there is made. ST_NOTFOUND; ST_LIMIT: for others'
 * mailboxes there are LIMIT_MAIL_URL_KEYS. */
enum st mailbox_url_key(struct account *a, const struct mailbox_info *mb, bool make,
                        unsigned char out[MAIL_URL_KEY_BYTES]) SUSPENDS MUST_USE;
/* Another one from now on. */
enum st mailbox_url_key_reset(struct account *a, const struct mailbox_info *mb) SUSPENDS MUST_USE;
/* None at all any more. */
enum st account_url_keys_drop(struct account *a) SUSPENDS MUST_USE;
/* Counts what mailbox_url_key_reset has done to the account's own mailbox. */
uint32_t view_url_key_resets(const struct view *v);

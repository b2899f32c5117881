/* URLs that authorize (RFC 4467): the token that is put behind one and looked at when it comes back. */
#pragma once

#include "imap/url.h"
#include "mail/url_key.h"

/* Mechanism INTERNAL: what identifies the algorithm (section 2.4.1), and HMAC-SHA-256 over the rump as it stands there. */
#define URLAUTH_TOKEN_CHARS 66
void urlauth_token(const unsigned char key[MAIL_URL_KEY_BYTES], struct str rump, char out[URLAUTH_TOKEN_CHARS]);
/* In constant time. */
bool urlauth_is_good(const unsigned char key[MAIL_URL_KEY_BYTES], const struct imap_url *u);

/* May a session of that user use it, and is it not over? What the token says is not looked at. */
bool urlauth_may(const struct imap_url *u, struct str login, uint64_t now_us);

/* A service extension as an object: when it is announced, and what its parameters mean. */
#pragma once

#include "smtp/session.h"

struct smtp_ext {
    const char *keyword; /* in EHLO's list */
    bool (*offered)(const struct smtp_session *s);
    /* Adds what stands behind the keyword; NULL: nothing. */
    void (*args)(const struct smtp_session *s, struct buf *out);
    const char *mail_param; /* the MAIL parameter it owns, or NULL */
    /* Checks and remembers it. ST_OK, or it has replied already and gives ST_DENIED; else the stream's error. */
    enum st (*mail)(struct smtp_session *s, const struct smtp_param *p) SUSPENDS;
    bool remember; /* the parameter becomes an attribute of the envelope */
};

#define EXT(object, ref) extern const struct smtp_ext object;
#include "smtp/extensions.def"
#undef EXT

extern const struct smtp_ext *const smtp_exts[];
extern const size_t smtp_n_exts;

const struct smtp_ext *smtp_ext_of_mail_param(const struct smtp_session *s, struct str name);

/* A service extension as an object: when it is announced, and what its parameters mean. */
#pragma once

#include "smtp/session.h"

struct smtp_ext_param {
    const char *name;
    /* Checks and remembers it. ST_OK, or it has replied already and gives ST_DENIED; else the stream's error. */
    enum st (*take)(struct smtp_session *s, const struct smtp_param *p) SUSPENDS;
    bool remember; /* it becomes an attribute of the envelope, or of the recipient */
};

#define SMTP_EXT_PARAMS 2

struct smtp_ext {
    const char *keyword; /* in EHLO's list */
    bool (*offered)(const struct smtp_session *s);
    /* Adds what stands behind the keyword; NULL: nothing. */
    void (*args)(const struct smtp_session *s, struct buf *out);
    struct smtp_ext_param mail[SMTP_EXT_PARAMS], rcpt[SMTP_EXT_PARAMS]; /* that it owns */
    /* What follows from all parameters of MAIL together, and from who sends; NULL: nothing. As `take`. */
    enum st (*mail_end)(struct smtp_session *s) SUSPENDS;
};

#define EXT(object, ref) extern const struct smtp_ext object;
#include "smtp/extensions.def"
#undef EXT

extern const struct smtp_ext *const smtp_exts[];
extern const size_t smtp_n_exts;

/* Parameters of MAIL, or of RCPT: each is given to the extension that owns it, once. What is to be remembered is added to `out`, which has room for
 * SMTP_PARAMS_MAX, with texts in the arena. ST_OK, or ST_DENIED when it has been answered; else the stream's error. */
enum st smtp_ext_params(struct smtp_session *s, const struct smtp_path *path, bool is_mail, struct arena *a,
                        struct attribute *out, size_t *out_n) SUSPENDS MUST_USE;
/* Behind them, when the sender is known. Likewise. */
enum st smtp_ext_mail_end(struct smtp_session *s) SUSPENDS MUST_USE;
/* An attribute of the envelope that is not a parameter as it was said; `value` lives as long as the transaction. */
void smtp_ext_remember(struct smtp_session *s, const char *name, struct str value);
/* A parameter that is refused: the reply is sent. ST_DENIED. */
enum st smtp_ext_deny(struct smtp_session *s, enum smtp_reply reply, struct str text) SUSPENDS MUST_USE;

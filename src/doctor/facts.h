/* What is known here of a domain and of this server, from the directory and the settings. */
#pragma once

#include "admin/admin.h"
#include "net/addr.h"

#define FACTS_ADDRESSES_MAX 16
#define FACTS_KEYS_MAX 64

struct facts_key {
    struct str name, text; /* of its record */
};

struct facts {
    const struct settings *set;
    struct str domain, host; /* A-labels; `host` is the server's name, `user_host` what people enter */
    struct str user_host;
    struct addr addresses[FACTS_ADDRESSES_MAX]; /* under which the world sees the server; none: nobody knows */
    size_t n_addresses;
    struct addr sources[2]; /* which letters of the domain leave from, where that is said: of one family each */
    size_t n_sources;
    struct str ehlo; /* the name that they leave with */
    struct facts_key keys[FACTS_KEYS_MAX];
    size_t n_keys;
    struct str sts_record; /* of the domain's MTA-STS policy; empty: it has none */
    struct str reports_to; /* who gets reports about TLS; empty: nobody */
    struct str spki;       /* SHA-256 of the certificate's key that `host` shows, hexadecimal; empty: no certificate */
    struct str issuer;     /* the CAA word of who made it, "letsencrypt.org"; empty: not known */
};

/* Errors of asking; ST_NOTFOUND: not a domain of ours. `d->args` may name addresses; else they are this machine's, as far as they are public. */
enum st facts_gather(const struct admin_doctor *d, struct arena *a, struct str domain, struct facts *out) MUST_USE;
/* The same without a domain. */
enum st facts_of_server(const struct admin_doctor *d, struct arena *a, struct facts *out) MUST_USE;
/* What `o`, a domain as the keeper shows it, says of as what its letters leave. False: nothing. */
struct json_t;
bool facts_identity(struct arena *a, const struct json_t *o, struct facts *f);
/* Does the server listen for that? *out_port is filled then. */
bool facts_listens(const struct settings *set, enum config_protocol protocol, enum config_security security,
                   uint16_t *out_port);

struct facts_certificate {
    int days; /* that it is good for still; below 0: none */
    bool is_self_signed;
};
/* Of the first certificate in a file. ST_IO: it can't be read. */
enum st facts_certificate(const char *path, struct facts_certificate *out) MUST_USE;

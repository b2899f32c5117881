/* Who has mail here: domains, accounts, their credentials, aliases. One SQLite file, WAL and synchronous=FULL: what a
 * call has said it did is on the disk. Every call blocks on SQL, so it belongs on the one thread of its own that the
 * keeper gives it; a struct directory is never used by two threads at a time. Nothing here suspends.
 *
 * Addresses come in one form, made by the caller (mime/addrspec.h): the domain in small letters and A-labels, the local
 * part quoted only where it must be. The directory itself compares local parts without regard to case (Unicode case
 * folding, NFC). Texts handed out live in the arena of the call.
 *
 * Statuses: NOTFOUND, EXISTS, BUSY (still in use), LIMIT, TRYLATER (the file is locked), NOSPACE, CORRUPT, IO. */
#pragma once

#include "base/account_limits.h"
#include "base/send_limits.h"
#include "base/arena.h"

#define DIRECTORY_LOCAL_MAX 64     /* bytes of a local part (RFC 5321 4.5.3.1.1) */
#define DIRECTORY_DOMAIN_MAX 255   /* bytes of a domain */
#define DIRECTORY_WITHHELD_MAX 512 /* bytes of names of capabilities */
#define DIRECTORY_LANGUAGE_MAX 8   /* bytes of the name of a language */
#define DIRECTORY_DELAY_DEFAULT UINT32_MAX
#define DIRECTORY_NAME_MAX 200     /* bytes of a display name, a reason, a credential's name */
#define DIRECTORY_TARGETS_MAX 1000 /* targets of one address, aliases expanded */
#define DIRECTORY_STEPS_MAX 2000   /* aliases followed for one address */
#define DIRECTORY_DEPTH_MAX 50     /* aliases one behind the other */

struct directory;

struct directory_address {
    struct str local, domain;
};

/* Makes the file when it isn't there, brings an older one up to date (each step a transaction), refuses a newer one
 * with ST_CORRUPT. `path` may be ":memory:". */
enum st directory_open(const char *path, struct directory **out) MUST_USE;
void directory_close(struct directory *d); /* NULL does nothing */

/* Several changes as one (and one sync). Not nested. */
enum st directory_begin(struct directory *d) MUST_USE;
enum st directory_commit(struct directory *d) MUST_USE;
void directory_abort(struct directory *d);

/* --- domains ------------------------------------------------------------------------------------------- */
/* A domain whose mail goes on to another server. */
struct directory_relay {
    struct str
        to; /* "mx": to its mail servers that are better than us; "host:port", "lmtp:host:port"; empty: it stays here */
    struct str security;   /* of a host: "may", "starttls", "tls", "none" */
    struct str recipients; /* who is taken: "any", "listed" (in aliases), "asked" (the next server) */
};

/* What its letters leave as, where that is not as the settings say: addresses of this machine as text, and the name in EHLO; each may be empty. */
struct directory_identity {
    struct str source4, source6, ehlo;
};
#define DIRECTORY_SOURCE_MAX 45 /* bytes of an address */

#define DIRECTORY_SEPARATORS_MAX 10 /* characters */

struct directory_domain {
    uint64_t id; /* never given again */
    struct str name;
    uint64_t created_us, accounts, aliases;
    uint64_t quota_bytes, quota_messages; /* of its accounts together; 0: no limit */
    struct directory_relay relay;
    struct directory_identity identity;
    bool shares_senders;   /* each of its accounts may send as every address of it */
    struct str alias_of;   /* all of its addresses are those of this domain; empty: it has its own */
    bool has_separators;   /* of its own: */
    struct str separators; /* each character of it stands before a tag; empty: there are no tags */
    struct str mta_sts;    /* mode of the policy that is published for it (RFC 8461): "none", "testing", "enforce" */
};

enum st directory_domain_add(struct directory *d, struct str name) MUST_USE;
enum st directory_domain_remove(struct directory *d, struct str name)
    MUST_USE; /* BUSY while it has accounts or aliases */
/* A NULL pointer leaves what is there. */
enum st directory_domain_set(struct directory *d, struct str name, const uint64_t *quota_bytes,
                             const uint64_t *quota_messages) MUST_USE;
enum st directory_domain_set_sharing(struct directory *d, struct str name, bool shares) MUST_USE;
enum st directory_domain_set_sts(struct directory *d, struct str name, struct str mode) MUST_USE;
/* From now on its addresses are those of the domain `of`; empty: they are its own again. BUSY: it has accounts or aliases; EXISTS: one of both
 * stands for another already, or is stood for. */
enum st directory_domain_set_alias(struct directory *d, struct str name, struct str of) MUST_USE;
/* NULL: as the setting says. SYNTAX: characters that can't stand there. */
enum st directory_domain_set_separators(struct directory *d, struct str name, const struct str *separators) MUST_USE;
/* The domain that has the addresses of this one: another, or itself. NOTFOUND: not ours. */
enum st directory_domain_meant(struct directory *d, struct arena *a, struct str name, struct str *out) MUST_USE;
enum st directory_domain_list(struct directory *d, struct arena *a, struct directory_domain **out, size_t *out_n)
    MUST_USE;
enum st directory_domain_find(struct directory *d, struct arena *a, struct str name, struct directory_domain *out)
    MUST_USE;
enum st directory_domain_name(struct directory *d, struct arena *a, uint64_t id, struct str *out)
    MUST_USE; /* NOTFOUND */
enum st directory_is_ours(struct directory *d, struct str domain, bool *out) MUST_USE;
enum st directory_relay_set(struct directory *d, struct str domain, const struct directory_relay *relay)
    MUST_USE; /* NOTFOUND */
/* NOTFOUND: not a domain of ours. */
enum st directory_relay_find(struct directory *d, struct arena *a, struct str domain, struct directory_relay *out)
    MUST_USE;
enum st directory_identity_set(struct directory *d, struct str domain, const struct directory_identity *identity)
    MUST_USE; /* NOTFOUND; LIMIT */
/* NOTFOUND: not a domain of ours. */
enum st directory_identity_find(struct directory *d, struct arena *a, struct str domain, struct directory_identity *out)
    MUST_USE;

/* --- accounts ------------------------------------------------------------------------------------------ */
struct directory_account {
    uint64_t id;         /* random, never 0, never given again: a removed account's row stays as a tombstone */
    struct str address;  /* as it was written when it was added */
    struct str name;     /* of a person; may be empty */
    struct str disabled; /* why; meaningless unless is_disabled */
    bool is_disabled;
    bool may_use_domain;     /* may send as every address of its domain */
    uint64_t quota_bytes;    /* 0: none of its own, quota_default holds */
    uint64_t quota_messages; /* 0: no limit */
    uint32_t keep_s;         /* how long deleted messages are kept; KEEP_DEFAULT: as the server's setting says */
    uint64_t domain, domain_bytes, domain_messages; /* its number and quota */
    char language[DIRECTORY_LANGUAGE_MAX + 1];      /* of notices; empty: as the server's setting says */
    struct str imap_withheld;                       /* capabilities of IMAP that its sessions are not offered */
    uint32_t pop3_retention;                        /* base/retention.h */
    uint32_t pop3_delay;  /* seconds between logins; DIRECTORY_DELAY_DEFAULT: as the server's setting says */
    struct str pop3_uidl; /* base/uidl_format.h; empty: as the server's setting says */
    uint64_t created_us;
    uint64_t version; /* raised by every change of credentials, of is_disabled and of the address */
};

/* What to change; a NULL pointer leaves a field as it is. */
struct directory_change {
    const struct str *name;
    const struct str *disabled; /* disables, with this reason */
    bool enable;
    const bool *may_use_domain;
    const uint64_t *quota_bytes, *quota_messages;
    const uint32_t *keep_s;
    const struct str *language;      /* a word of config/choices.def; empty: none of its own */
    const struct str *imap_withheld; /* imap/withhold.h */
    const uint32_t *pop3_retention, *pop3_delay;
    const struct str *pop3_uidl;
};

/* With the quota that holds when the account has none of its own. */
struct account_limits directory_limits(const struct directory_account *account, uint64_t quota_default);

enum st directory_account_add(struct directory *d, const struct directory_address *address,
                              const struct directory_change *first, uint64_t *out_id)
    MUST_USE; /* NOTFOUND: not a domain of ours */
enum st directory_account_set(struct directory *d, uint64_t id, const struct directory_change *change) MUST_USE;
/* Another address for the account, which stays what it is: credentials, mail, quota. Targets of aliases that are the old
 * address become the new one. With `keep_old` the old address is an alias from now on. EXISTS; NOTFOUND: not a domain of ours. */
enum st directory_account_rename(struct directory *d, uint64_t id, const struct directory_address *to, bool keep_old)
    MUST_USE;
/* Leaves a tombstone without credentials; the address is free again. Aliases that lead to it stay. */
enum st directory_account_remove(struct directory *d, uint64_t id) MUST_USE;
enum st directory_account_find(struct directory *d, struct arena *a, const struct directory_address *address,
                               struct directory_account *out) MUST_USE;
enum st directory_account_by_id(struct directory *d, struct arena *a, uint64_t id, struct directory_account *out)
    MUST_USE;
/* In order of domain and address, `max` at a time behind `after` (NULL: from the start); of one domain, or of all when
 * `domain` is empty. */
enum st directory_account_list(struct directory *d, struct arena *a, struct str domain,
                               const struct directory_address *after, size_t max, struct directory_account **out,
                               size_t *out_n) MUST_USE;
/* What accounts have of their own for POP3: the shortest time that a message stays, in days, and the longest delay between logins. */
struct directory_pop3_own {
    bool has_retention, has_delay;
    uint32_t expire_days, delay_s;
};
enum st directory_pop3_own(struct directory *d, struct directory_pop3_own *out) MUST_USE;
/* Tombstones: accounts whose mail has to be purged, oldest first; and the end of one, when it is. */
enum st directory_removed_list(struct directory *d, struct arena *a, size_t max, uint64_t **out_ids, size_t *out_n)
    MUST_USE;
enum st directory_removed_purged(struct directory *d, uint64_t id) MUST_USE;

/* --- credentials ---------------------------------------------------------------------------------------- */
enum credential_kind { CREDENTIAL_PASSWORD = 1, CREDENTIAL_APP = 2, CREDENTIAL_CERTIFICATE = 3 };
enum credential_use { USE_IMAP = 1, USE_POP3 = 2, USE_SMTP = 4 };

struct directory_credential {
    uint64_t id;
    enum credential_kind kind;
    struct str name, hash;
    uint32_t uses;                /* what it may be used for; 0: everything */
    struct str scram;             /* as sasl/scram_keys.h writes them; empty: none are kept */
    uint64_t created_us, used_us; /* 0: never */
    struct str used_from;         /* an address */
};

/* Of one account; more than its password, LIMIT_APP_PASSWORDS and LIMIT_CLIENT_CERTIFICATES. */
#define DIRECTORY_CREDENTIALS_MAX 100
#define DIRECTORY_FINGERPRINT_HEX 64 /* of a certificate: SHA-256 in small letters */

/* Replaces the account's one password. `hash` in a form that password_check takes. */
enum st directory_password_set(struct directory *d, uint64_t account, struct str hash) MUST_USE;
/* An app password (app_password.h). EXISTS: the account has one of that name; LIMIT. */
enum st directory_app_add(struct directory *d, uint64_t account, const struct directory_credential *c, uint64_t *out_id)
    MUST_USE;
enum st directory_app_remove(struct directory *d, uint64_t account, uint64_t id) MUST_USE; /* NOTFOUND */
/* A certificate of a client; `hash` is its fingerprint. EXISTS: it stands for an account already, or there is one of that name; LIMIT. */
enum st directory_certificate_add(struct directory *d, uint64_t account, const struct directory_credential *c,
                                  uint64_t *out_id) MUST_USE;
enum st directory_certificate_remove(struct directory *d, uint64_t account, uint64_t id) MUST_USE; /* NOTFOUND */
/* Whose is it? Of *out id and uses are filled. NOTFOUND. */
enum st directory_certificate_find(struct directory *d, struct arena *a, struct str fingerprint,
                                   struct directory_account *out_account, struct directory_credential *out) MUST_USE;
/* SCRAM keys of the account's credential that has that hash; fine when it has none any more. */
enum st directory_scram_put(struct directory *d, uint64_t account, struct str hash, struct str scram) MUST_USE;

/* What all SCRAM keys of an account are made with. It is made when it is first asked for, and stays. */
struct directory_scram {
    struct str salt; /* in base64 */
    uint32_t iterations;
};
enum st directory_scram_of(struct directory *d, struct arena *a, uint64_t account, struct directory_scram *out)
    MUST_USE;
enum st directory_credential_list(struct directory *d, struct arena *a, uint64_t account,
                                  struct directory_credential **out, size_t *out_n) MUST_USE;
enum st directory_credential_used(struct directory *d, uint64_t id, uint64_t now_us, struct str from) MUST_USE;

/* Addresses of accounts that may log in, but not with SCRAM: one of their passwords has no keys. At most `max`. */
enum st directory_scram_lacking(struct directory *d, struct arena *a, size_t max, struct str *out, size_t *out_n)
    MUST_USE;
/* Are there keys, and of each password of each account that may log in? */
enum st directory_scram_complete(struct directory *d, bool *out) MUST_USE;
/* A local part in the form in which two of them are compared. */
struct str directory_local_key(struct arena *a, struct str local);

/* The account of a login name, which is its address; credentials too, so that a login is one visit. */
enum st directory_login(struct directory *d, struct arena *a, const struct directory_address *address,
                        struct directory_account *out_account, struct directory_credential **out, size_t *out_n)
    MUST_USE;

/* --- users of this machine -------------------------------------------------------------------------------- */
#define DIRECTORY_LOCAL_USERS_MAX 20 /* of one account */

/* The users of this machine whose letters are the account's; replaces those that it had. EXISTS: one of them is another account's; LIMIT: too many;
 * SYNTAX: no name of a user. */
enum st directory_local_users_set(struct directory *d, uint64_t account, const struct str *names, size_t n) MUST_USE;
enum st directory_local_users_list(struct directory *d, struct arena *a, uint64_t account, struct str **out,
                                   size_t *out_n) MUST_USE;
enum st directory_local_user_find(struct directory *d, struct arena *a, struct str name, struct directory_account *out)
    MUST_USE;                                  /* NOTFOUND: he has no account */
bool directory_is_local_user(struct str name); /* could it be one's name? It goes into addresses and header lines */

/* --- aliases -------------------------------------------------------------------------------------------- */
/* What the settings say of addresses. */
struct directory_ways {
    struct str separators; /* each character of it stands before a tag, where the domain says nothing else */
    struct str
        postmaster; /* who gets the mail for postmaster and abuse where there is nobody of that name, in its one form; empty: an account */
};

struct directory_alias {
    struct str address;  /* "@domain" for the catch-all */
    struct str *targets; /* addresses, ours or elsewhere */
    size_t n_targets;
    bool is_disabled; /* mail for it is refused, whatever it leads to */
    struct str says;  /* in these words; may be empty */
    bool is_pattern;
};

#define DIRECTORY_PATTERNS_MAX 200 /* of one domain */
#define DIRECTORY_STARS_MAX 4      /* in one of them */

/* Does the local part as it is written contain a "*", outside of quotes, so that an alias of it is a pattern? Each stands for any characters, or none. */
bool directory_is_pattern(struct str local);
/* `alias` with an empty local part is the domain's catch-all. Adds a target; EXISTS when it is there. LIMIT: too many patterns. */
enum st directory_alias_add(struct directory *d, const struct directory_address *alias,
                            const struct directory_address *target) MUST_USE;
/* Mail for the address is refused from now on, which may be an alias, a pattern, an account's address, or nobody's; NULL: it is taken again. NOTFOUND: it was. */
enum st directory_alias_disable(struct directory *d, const struct directory_address *alias, const struct str *says)
    MUST_USE;
/* Does mail for the alias come back to it, with no account of that address to end at? LIMIT: it leads on and on. */
enum st directory_alias_loops(struct directory *d, const struct directory_address *alias,
                              const struct directory_ways *ways, bool *out) MUST_USE;
/* Is there an alias of that address that does not name the address itself as well, so that an account there gets nothing? */
enum st directory_alias_diverts(struct directory *d, const struct directory_address *address, bool *out) MUST_USE;
/* Takes one target away, or with NULL the whole alias. */
enum st directory_alias_remove(struct directory *d, const struct directory_address *alias,
                               const struct directory_address *target) MUST_USE;
enum st directory_alias_find(struct directory *d, struct arena *a, const struct directory_address *alias,
                             struct directory_alias *out) MUST_USE;
enum st directory_alias_list(struct directory *d, struct arena *a, struct str domain,
                             const struct directory_address *after, size_t max, struct directory_alias **out,
                             size_t *out_n) MUST_USE;

/* --- keys that sign what leaves (DKIM) -------------------------------------------------------------------- */
struct directory_dkim_key {
    uint64_t id; /* never given again */
    struct str domain, selector;
    struct str algorithm;  /* as in a= of a signature (RFC 6376 section 3.5) */
    struct str public_key; /* as in p= of its record (RFC 6376 section 3.6.1) */
    uint64_t created_us;
};

#define DIRECTORY_DKIM_MAX 40 /* keys of one domain */

/* `private_key` is text; NOTFOUND: not a domain of ours; EXISTS: it has that selector already; LIMIT. */
enum st directory_dkim_add(struct directory *d, const struct directory_dkim_key *key, struct str private_key) MUST_USE;
enum st directory_dkim_remove(struct directory *d, struct str domain, struct str selector) MUST_USE; /* NOTFOUND */
/* Of one domain, or of all when `domain` is empty; by domain, newest first. */
enum st directory_dkim_list(struct directory *d, struct arena *a, struct str domain, struct directory_dkim_key **out,
                            size_t *out_n) MUST_USE;
/* NOTFOUND: the domain has no such key (any more). The caller wipes `out_private`. */
enum st directory_dkim_private(struct directory *d, struct arena *a, struct str domain, uint64_t id,
                               struct str *out_algorithm, struct str *out_private) MUST_USE;

/* --- how mail for other domains travels ------------------------------------------------------------------- */
struct directory_transport {
    struct str domain, name, value;
};

/* `domain` in its one form (mime/addrspec.h). Replaces what was there. SYNTAX: too long. */
enum st directory_transport_set(struct directory *d, struct str domain, struct str name, struct str value) MUST_USE;
enum st directory_transport_get(struct directory *d, struct arena *a, struct str domain, struct str name,
                                struct str *out) MUST_USE;                           /* NOTFOUND */
enum st directory_transport_remove(struct directory *d, struct str domain) MUST_USE; /* all of it; NOTFOUND */
/* By domain and name. */
enum st directory_transport_list(struct directory *d, struct arena *a, struct directory_transport **out, size_t *out_n)
    MUST_USE;

/* --- where letters go instead ------------------------------------------------------------------------------ */
struct directory_route {
    uint64_t id; /* never given again */
    bool is_fallback;
    struct str kind;     /* as in policy/routing_by.def */
    struct str name;     /* a domain; of an account, its address, when it is read */
    uint64_t account;    /* 0: none */
    struct str host;     /* HOST:PORT; "mx" */
    struct str security; /* as in struct directory_relay */
    struct str user;     /* empty: no login */
    struct str codes;    /* of a fallback */
    uint64_t after_s;    /* likewise; UINT64_MAX: never */
    uint64_t created_us;
};

#define DIRECTORY_ROUTES_MAX 1000

/* With a user there is a password, which is kept among the secrets. EXISTS: there is one for the same; LIMIT. */
enum st directory_route_add(struct directory *d, const struct directory_route *r, struct str password, uint64_t *out_id)
    MUST_USE;
/* In the order in which they came, at most `max` behind `after` into `out`. */
enum st directory_route_list(struct directory *d, struct arena *a, uint64_t after, struct directory_route *out,
                             size_t max, size_t *out_n) MUST_USE;
enum st directory_route_remove(struct directory *d, uint64_t id) MUST_USE; /* NOTFOUND */
/* NOTFOUND: there is no such route, it has no login, or its password is not here. The caller wipes `out_password`. */
enum st directory_route_login(struct directory *d, struct arena *a, uint64_t id, struct str *out_user,
                              struct str *out_password) MUST_USE;

/* --- what the server makes for itself ---------------------------------------------------------------------- */
struct directory_secret {
    uint64_t id;
    struct str value; /* hexadecimal */
    uint64_t created_us;
};
/* Newest first, at most `max` into `out`. */
enum st directory_secret_list(struct directory *d, struct arena *a, struct str use, struct directory_secret *out,
                              size_t max, size_t *out_n) MUST_USE;
enum st directory_secret_add(struct directory *d, struct str use, struct str value, uint64_t now_us) MUST_USE;
enum st directory_secret_remove(struct directory *d, uint64_t id) MUST_USE;

/* Senders whose address does not fit the one that their letter leaves under (keeper/srs.h), under a number of their own; kept for so long. */
#define DIRECTORY_SENDER_US (23 * (uint64_t)86400000000)
enum st directory_sender_keep(struct directory *d, struct str sender, uint64_t now_us, uint64_t *out) MUST_USE;
enum st directory_sender_kept(struct directory *d, struct arena *a, uint64_t number, struct str *out)
    MUST_USE; /* NOTFOUND */

/* --- protected connections, for reports (RFC 8460) --------------------------------------------------------- */
#define DIRECTORY_TLS_ROWS_MAX 100000 /* in all; what is new beyond that is not counted */
#define DIRECTORY_TLS_OF_ONE 500      /* of one domain and day */
#define DIRECTORY_TLS_DAYS 8          /* a report that can't be sent for so long is not sent any more */

struct directory_tls {
    struct str type, policy, mx, result, address, info; /* result "": successful */
    uint64_t sessions;
};

/* Adds to what is there. LIMIT: there are too many rows already. All of one call are one transaction. */
enum st directory_tls_note(struct directory *d, uint64_t day, struct str domain, const struct directory_tls *v,
                           size_t n) MUST_USE;
struct directory_tls_day {
    uint64_t day;
    struct str domain;
};
/* The first one of a day before `until`, behind `after`, with its rows. NOTFOUND: there is none. Those that are too old are forgotten. */
enum st directory_tls_next(struct directory *d, struct arena *a, uint64_t until, const struct directory_tls_day *after,
                           struct directory_tls_day *out_day, struct directory_tls **out, size_t *out_n) MUST_USE;
enum st directory_tls_remove(struct directory *d, uint64_t day, struct str domain) MUST_USE;

/* --- policies of other domains, RFC 8461 ------------------------------------------------------------------ */
#define DIRECTORY_STS_MAX 10000       /* of more, those that have not been used for longest are forgotten */
#define DIRECTORY_STS_POLICY_MAX 8192 /* bytes of one */

struct directory_sts {
    struct str domain, id, policy;
    uint64_t fetched_us, expires_us, tried_us, used_us;
};

/* One that has not run out. NOTFOUND. */
enum st directory_sts_get(struct directory *d, struct arena *a, struct str domain, uint64_t now_us,
                          struct directory_sts *out) MUST_USE;
/* Replaces what is there; tried_us is not looked at: it was at fetched_us. LIMIT. */
enum st directory_sts_put(struct directory *d, const struct directory_sts *s, uint64_t now_us) MUST_USE;
/* When it was last tried and used; 0: as it is. */
enum st directory_sts_note(struct directory *d, struct str domain, uint64_t tried_us, uint64_t used_us) MUST_USE;
enum st directory_sts_remove(struct directory *d, struct str domain) MUST_USE; /* fine when there is none */
/* Domains whose policy has not been tried since `tried_us`, but was used since `used_us`; longest first. */
enum st directory_sts_due(struct directory *d, struct arena *a, uint64_t now_us, uint64_t tried_us, uint64_t used_us,
                          size_t most, struct str *out, size_t *out_n) MUST_USE;

/* --- addresses that letters are not sent to any more ------------------------------------------------------------- */
struct directory_suppressed {
    uint64_t account;
    struct str address;
    uint32_t failures;
    uint64_t first_us, last_us;
    bool by_hand; /* an administrator's, for good */
    struct str reason;
};

#define DIRECTORY_SUPPRESSED_MAX 10000 /* of one account; then the oldest go */
#define DIRECTORY_REASON_MAX 400

/* One more failure; those before `since_us` are forgotten. One put there by hand stays what it is. EXISTS: there is no such account. */
enum st directory_suppressed_note(struct directory *d, uint64_t account, const struct directory_address *address,
                                  struct str reason, uint64_t now_us, uint64_t since_us) MUST_USE;
enum st directory_suppressed_add(struct directory *d, uint64_t account, const struct directory_address *address,
                                 struct str reason, uint64_t now_us) MUST_USE; /* by hand */
enum st directory_suppressed_find(struct directory *d, struct arena *a, uint64_t account,
                                  const struct directory_address *address, struct directory_suppressed *out)
    MUST_USE; /* NOTFOUND */
/* Of an account, all of it when `address` is NULL. */
enum st directory_suppressed_lift(struct directory *d, uint64_t account, const struct directory_address *address,
                                  uint64_t *out_n) MUST_USE;
enum st directory_suppressed_list(struct directory *d, struct arena *a, uint64_t account,
                                  struct directory_suppressed **out, size_t *out_n) MUST_USE; /* account 0: all */
enum st directory_suppressed_accounts(struct directory *d, struct arena *a, uint64_t **out, size_t *out_n)
    MUST_USE; /* that have any */

/* --- who may send as whom ------------------------------------------------------------------------------------------- */
struct directory_delegate {
    struct str account; /* its address */
    struct str address; /* that it may send as; "@domain": every address of it */
    uint64_t created_us;
};

#define DIRECTORY_DELEGATES_MAX 1000 /* of one account */

/* The account may send as `address` of a domain of ours, with an empty local part as each of that domain. EXISTS; LIMIT; NOTFOUND: not a domain of ours. */
enum st directory_delegate_add(struct directory *d, uint64_t account, const struct directory_address *address) MUST_USE;
/* All of the account when `address` is NULL. */
enum st directory_delegate_remove(struct directory *d, uint64_t account, const struct directory_address *address,
                                  uint64_t *out_n) MUST_USE;
enum st directory_delegate_list(struct directory *d, struct arena *a, uint64_t account, struct directory_delegate **out,
                                size_t *out_n) MUST_USE; /* account 0: all */
/* With any tag behind a delimiter. */
enum st directory_delegate_has(struct directory *d, uint64_t account, const struct directory_address *address,
                               struct str delimiters, bool *out) MUST_USE;

/* --- networks that are not let in --------------------------------------------------------------------------------- */
struct directory_ban {
    struct str network;          /* as text, in one form each */
    uint64_t since_us, until_us; /* until 0: for ever */
    bool by_hand;
    struct str reason;
};

#define DIRECTORY_BANS_MAX 10000 /* beyond it the oldest that are not by hand go */

/* Replaces one of the same network; what has ended goes. */
enum st directory_ban_put(struct directory *d, const struct directory_ban *b, uint64_t now_us) MUST_USE;
enum st directory_ban_lift(struct directory *d, struct str network) MUST_USE; /* NOTFOUND */
enum st directory_ban_list(struct directory *d, struct arena *a, struct directory_ban **out, size_t *out_n)
    MUST_USE; /* the oldest first, with those that have ended */

/* --- what accounts and domains hand in ------------------------------------------------------------------------------- */
/* `of`: an account's id or a domain's number. What is not set is SEND_UNSET; value SEND_UNSET: not any more. */
enum st directory_send_limit_set(struct directory *d, bool is_domain, uint64_t of, enum send_limit which,
                                 uint64_t value) MUST_USE;
enum st directory_send_limits(struct directory *d, bool is_domain, uint64_t of, struct send_limits *out) MUST_USE;
/* As policy/send_use.h writes it. NOTFOUND. */
enum st directory_send_use_get(struct directory *d, struct arena *a, bool is_domain, uint64_t of, struct str *out)
    MUST_USE;
enum st directory_send_use_put(struct directory *d, bool is_domain, uint64_t of, struct str use) MUST_USE;

#define DIRECTORY_BRAKES_MAX 10000 /* that are read; more at a time is no emergency of one account any more */

/* An account whose letters are held. */
struct directory_brake {
    uint64_t account;
    struct str address; /* of the account, when it is read */
    uint64_t since_us;
    struct str sign; /* a word of policy/brake.def */
    uint64_t value;
    struct str from_afar; /* an address; empty: not */
    bool is_told;         /* the administrator and the owner have been */
};
enum st directory_brake_put(struct directory *d, const struct directory_brake *b) MUST_USE;
enum st directory_brake_told(struct directory *d, uint64_t account, uint64_t since_us) MUST_USE;
enum st directory_brake_remove(struct directory *d, uint64_t account, bool *out_was) MUST_USE;
enum st directory_brake_list(struct directory *d, struct arena *a, struct directory_brake **out, size_t *out_n)
    MUST_USE; /* longest first */

/* --- who has come back (keeper/greylist.h) ------------------------------------------------------------------------- */
struct directory_grey {
    struct str key;
    uint64_t first_us, last_us;
    uint32_t passes;
};

enum st directory_grey_put(struct directory *d, const struct directory_grey *g) MUST_USE;
enum st directory_grey_trim(struct directory *d, uint64_t before_us) MUST_USE; /* what was last heard of before */
/* The newest first, those heard of since. */
enum st directory_grey_list(struct directory *d, struct arena *a, uint64_t since_us, size_t most,
                            struct directory_grey **out, size_t *out_n) MUST_USE;

/* --- where mail goes -------------------------------------------------------------------------------------- */
struct directory_target {
    uint64_t account;             /* 0: elsewhere */
    struct str address;           /* the account's, or where to send */
    struct account_limits limits; /* of the account; its own quota may be 0: none of its own */
    bool is_relayed;              /* elsewhere, but in a domain of ours */
    bool is_asked;                /* is_relayed, and only if the next server knows it */
};

/* Where a letter for `address` goes. A domain that stands for another means that one. In a domain of ours, the first that there is of: the alias of that
 * address; the account; both again without the tag behind a separator (the longest rest first); for postmaster and abuse where ways->postmaster leads, or else
 * the domain's oldest account that is not disabled, or else the oldest of all; the alias whose pattern it matches, of several the one with most bytes of its own, of
 * those the first in the alphabet (the whole address before the one without its tag); the catch-all. An alias' targets are resolved in the same way, each
 * address once: an alias that names its own address means the account of that address. Disabled accounts and aliases, and dead ends,
 * among several targets are left out. Elsewhere: one target with account 0.
 * In a domain that is relayed: an alias that names its own address lists it (with any tag), so that it goes on to the next server;
 * what has no account and no alias goes on too, unless only listed ones do. There is no postmaster of ours.
 * NOTFOUND: nobody; DENIED: only what is disabled, the text is the administrator's (empty: none); LIMIT: the bounds above; LOOP: it leads back to itself, and
 * to nobody; TRYLATER: a postmaster's, and there is no account yet. */
enum st directory_resolve(struct directory *d, struct arena *a, const struct directory_address *address,
                          const struct directory_ways *ways, struct directory_target **out, size_t *out_n) MUST_USE;

/* May the account send as `address`? Its own one with or without a tag, every address of ours whose mail it gets, what has been delegated to it, and with
 * may_use_domain, or where the domain shares its addresses, all of its domain, and of those that stand for it. DENIED otherwise. */
enum st directory_may_send_as(struct directory *d, uint64_t account, const struct directory_address *address,
                              const struct directory_ways *ways) MUST_USE;

/* The oldest domain, for "postmaster" without one (RFC 5321 4.5.1) and for login names without one when it is the only. */
enum st directory_first_domain(struct directory *d, struct arena *a, struct str *out_name, uint64_t *out_count)
    MUST_USE;

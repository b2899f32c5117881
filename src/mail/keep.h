/* What an account may hold, what it holds, and what is kept of what was deleted. Calls about one account are made on
 * its core.
 *
 * Limits come from the directory, with a login or with a letter; what the accounts of a domain hold together is counted in
 * one place for all cores. A deleted message leaves its mailbox at once and for every client; its bytes stay for a
 * while, outside of all limits, and can be had back. */
#pragma once

#include "base/account_limits.h"
#include "mail/mail.h"

/* What the directory says of an account now. Opens it; what must last is written. */
enum st mail_tell(struct mail *m, uint64_t account, const struct account_limits *limits) SUSPENDS MUST_USE;
void mail_tell_domain(struct mail *m, uint64_t domain, uint64_t bytes, uint64_t messages); /* from any core */

struct mail_usage {
    uint64_t bytes, messages;
    struct account_limits limits; /* as last told; all 0 when nobody has */
};
void account_usage(const struct account *a, struct mail_usage *out);
/* Durable letters of all accounts of a domain. Waits a little when they have to be counted first; then ST_TRYLATER. */
enum st mail_domain_usage(struct mail *m, uint64_t domain, uint64_t *out_bytes, uint64_t *out_messages)
    SUSPENDS MUST_USE;

/* May so much come in? ST_OVERQUOTA: not now; ST_TOOBIG: never; ST_TRYLATER: the domain's use is not known yet. */
enum st account_has_room(const struct account *a, uint64_t bytes, uint64_t messages) MUST_USE;
/* The same by limits that come with the question, for a letter. *out_free: how many bytes there is room for. */
enum st mail_has_room(struct mail *m, uint64_t account, const struct account_limits *limits, uint64_t bytes,
                      uint64_t *out_free) SUSPENDS MUST_USE;

/* --- deleted messages ----------------------------------------------------------------------------- */
struct kept_mail {
    uint32_t mailbox, uid; /* name it: neither is given twice */
    uint32_t flags;
    uint64_t deleted_us, internal_date_us, size;
    struct str name;    /* the mailbox's when it was deleted */
    struct email email; /* rec is empty when it can't be read */
};
struct kept_id {
    uint32_t mailbox, uid;
};
struct kept_filter {
    struct str mailbox; /* name; empty: any */
    struct str text;    /* in header or body; empty: any */
    uint64_t since_us;  /* deleted then or later */
    const struct kept_id *ids;
    size_t n_ids; /* 0: any */
};
/* In the order of deletion, at most `most`. */
enum st kept_list(struct account *a, const struct kept_filter *f, struct arena *ar, size_t most, struct kept_mail **out,
                  size_t *out_n, bool *out_more) SUSPENDS MUST_USE;
/* All that match go back to the mailboxes that they were in, which are made again when they are gone, under new uids;
 * \Deleted is taken off. In several commits: what is counted in *out_n is back also when it fails. */
enum st kept_restore(struct account *a, const struct kept_filter *f, size_t *out_n) SUSPENDS MUST_USE;

/* --- what goes by itself ----------------------------------------------------------------------------- */
/* Whom "anyone" in an access control list means, among those who have logged in. */
enum mail_anyone { ANYONE_DOMAIN /* of the owner */, ANYONE_SERVER, ANYONE_NOBODY };

struct mail_rules {
    uint64_t keep_s;                        /* deleted messages; 0: not kept */
    unsigned halvings;                      /* the disk is short: they go after a half, a quarter ... of that time */
    uint64_t expire_junk_s, expire_trash_s; /* how long messages stay in mailboxes of that use; 0: for ever */
    uint32_t retention;                     /* of what was fetched over POP3, where the account says nothing */
    uint32_t log_commits;                   /* so many changes of an account its change log holds; 0: all */
    uint32_t rate;                          /* messages in a second, of one core; 0: as fast as it goes */
    uint64_t cache_bytes;                   /* of all cores, as in struct mail_options; 0: as there */
    uint64_t cache_ms; /* a mailbox leaves memory when nobody had it selected for so long; 0: never */
    enum mail_anyone anyone;
    uint32_t image_least; /* messages of a mailbox from which on it has an image; 0: none has */
};
void mail_set_rules(struct mail *m, const struct mail_rules *rules); /* of the running core */

/* Counts what the accounts of the running core hold, for the use of domains; once, when somebody first asks for it. */
enum st mail_count(struct mail *m) SUSPENDS MUST_USE;
/* One round through the accounts of the running core: deleted messages that were kept for long enough, or that are together more
 * than the account's quota, go for good, the oldest first, and what has been in Junk and Trash for long enough is deleted, and what was fetched over POP3 as retention has it. An account that can't be read is passed over. */
struct mail_round {
    uint64_t accounts, purged, expired, failed;
    uint64_t failed_account; /* the last one */
};
enum st mail_upkeep(struct mail *m, struct mail_round *out) SUSPENDS MUST_USE;

/* Mailboxes that nobody has selected leave memory in their time, and images that are far behind their mailboxes are written anew. To be called
 * every few seconds; ends at the deadline. `last`: the server stops, so it is now or never. */
void mail_tend(struct mail *m, bool last, mono_ms deadline) SUSPENDS;

/* Takes an account away: from the first call on it can't be opened, and its messages go for good, for about `budget_ms`
 * at a time. *out_done: nothing is left but a mark that it was there. Goes on after a crash where it was. */
enum st mail_erase(struct mail *m, uint64_t account, uint64_t budget_ms, bool *out_done) SUSPENDS MUST_USE;

/* SEARCH: a tree of keys, built by the protocol room, evaluated here (RFC 3501 section 6.4.4). Cheap keys (flags,
 * numbers, dates) are decided from memory first, headers from the record, bodies last. */
#pragma once

#include "mail/mail.h"

enum search_what {
    SEARCH_ALL,
    SEARCH_AND,     /* all of kids */
    SEARCH_OR,      /* any of kids */
    SEARCH_NOT,     /* kids[0] */
    SEARCH_SEQ,     /* set, of sequence numbers; 0 in `hi` or `lo` has been replaced by the caller */
    SEARCH_UID,     /* set */
    SEARCH_FLAG,    /* num: MAIL_SEEN ... */
    SEARCH_KEYWORD, /* text */
    SEARCH_RECENT,
    SEARCH_LARGER,
    SEARCH_SMALLER, /* num */
    SEARCH_BEFORE,
    SEARCH_ON,
    SEARCH_SINCE, /* num: days since 1970, of the internal date */
    SEARCH_SAVEDBEFORE,
    SEARCH_SAVEDON,
    SEARCH_SAVEDSINCE, /* num: days, of the save date */
    SEARCH_OLDER,
    SEARCH_YOUNGER, /* num: seconds back from now; the internal date to the second (RFC 5032 section 2) */
    SEARCH_SENTBEFORE,
    SEARCH_SENTON,
    SEARCH_SENTSINCE, /* num: days, of Date: disregarding time and zone */
    SEARCH_HEADER,    /* name, text ("" is: has the field) */
    SEARCH_ADDRESS,   /* the same of From, To, Cc or Bcc as ENVELOPE has it */
    SEARCH_BODY,      /* text */
    SEARCH_TEXT,      /* text: header or body */
    SEARCH_MODSEQ,    /* num: at least */
    SEARCH_EMAIL,     /* num: email id */
};

struct search_key {
    enum search_what what;
    struct str name, text; /* text in UTF-8, as the client gave it */
    uint64_t num;
    struct uid_set set;
    bool is_saved; /* the set is an earlier search's, of the selected mailbox */
    struct search_key **kids;
    size_t n_kids;
};

/* Sequence numbers that match, ascending, in the arena. ST_CANCELED. */
enum st view_search(struct view *v, const struct search_key *key, struct arena *ar, uint32_t **out_seqs, size_t *out_n)
    SUSPENDS MUST_USE;
/* The same among these sequence numbers only, each of which exists. */
enum st view_search_among(struct view *v, const struct search_key *key, struct uid_set seqs, struct arena *ar,
                          uint32_t **out_seqs, size_t *out_n) SUSPENDS MUST_USE;

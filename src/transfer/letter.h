/* A letter on its way between an account and files, and its text in both forms of line ends. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum letter_flag { LETTER_SEEN = 1, LETTER_ANSWERED = 2, LETTER_FLAGGED = 4, LETTER_DELETED = 8, LETTER_DRAFT = 16 };

#define LETTER_KEYWORDS_MAX 64 /* what a mailbox can have */

struct letter {
    struct str mailbox; /* UTF-8, "/" between levels */
    uint32_t uid;       /* 0: none */
    uint32_t flags;     /* letter_flag */
    const struct str *keywords;
    size_t n_keywords;
    struct str uidl; /* that POP3 has told there; empty: not known */
    struct str file; /* of a Maildir: its name without flags */
    int64_t date_s;  /* when it was received; 0: not known */
    struct str bytes;
};

struct mailbox_head {
    struct str name;
    uint32_t uidvalidity, uidnext, messages;
};

/* The flags by their letters in names of files (Maildir's): D F R S T. */
uint32_t letter_flag_of(char c); /* 0: none */
void letter_add_flags(uint32_t flags, struct buf *out);
/* \Seen and the like to a bit, 0: none of ours. */
uint32_t letter_system_flag(struct str name);

/* With LF, if turning it back gives the same bytes; else as it is. */
void letter_to_lf(struct str bytes, struct buf *out);
/* Each LF without CR gets one. */
void letter_to_crlf(struct str bytes, struct buf *out);

/* The value of the first header field of that name, unfolded only in so far as it ends at its first line; STR_NONE. */
struct str letter_field(struct str bytes, struct str name);

/* FETCH (RFC 3501 6.4.5): fetch_parse.c reads the items, fetch_write.c and fetch_binary.c write them for a message,
 * cmd_fetch.c goes over the messages. */
#pragma once

#include "imap/partial.h"
#include "imap/session.h"
#include "imap/set.h"

enum { EMAIL = 1, SECTION = 2, SEES = 4, PARTS = 8, WHOLE = 16 }; /* flags of rows of fetch_items.def */

struct fetch_section {
    struct str label; /* as it is answered: "BODY[1.TEXT]<0>" */
    uint32_t *path;
    size_t depth;
    enum mime_section what;
    bool is_filter, is_not; /* HEADER.FIELDS, HEADER.FIELDS.NOT */
    struct str *names;
    size_t n_names;
    bool is_partial;
    uint64_t from, most;
};

struct fetch_run;

struct fetch_item {
    enum st (*write)(struct fetch_run *f, const struct fetch_item *it) SUSPENDS;
    unsigned flags;
    struct fetch_section section;
    bool is_lazy; /* PREVIEW (LAZY) */
};

struct fetch {
    struct imap_set set;
    struct fetch_item *items;
    size_t n;
    unsigned flags; /* of all items together */
    bool has_uid, has_flags, has_modseq;
    struct imap_partial partial; /* of the UID form */
    bool is_since;               /* only what has changed behind `since` */
    uint64_t since;
    bool vanished; /* and what has gone behind it */
};

/* `uid`: the UID form, which has modifiers of its own. */
enum st fetch_parse(struct imap_lexer *lx, bool uid, struct fetch *out) SUSPENDS MUST_USE;
/* The UID in front, also when it was not asked for: to what was just parsed. */
void fetch_add_uid(struct fetch *f);

/* "(UID FLAGS)": what is to be told of messages that will come (RFC 5465); no macros. */
enum st fetch_parse_items(struct imap_lexer *lx, struct fetch *out) SUSPENDS MUST_USE;
/* Items that outlive the command. */
const struct fetch *fetch_keep(const struct fetch *f, struct arena *a);
/* One FETCH response with all of these items, each once, that no command has asked for: nothing becomes \Seen by it. Nothing
 * is told of a message that is gone. */
enum st fetch_put_unasked(struct imap_session *s, uint32_t seq, const struct fetch *const *items, size_t n)
    SUSPENDS MUST_USE;
/* cmd_fetch.c: the response alone. */
enum st fetch_put_one(struct imap_session *s, uint32_t seq, const struct fetch *fetch) SUSPENDS MUST_USE;

/* A FETCH under way: the message it is at. */
struct fetch_run {
    struct imap_session *s;
    struct imap_conn *conn;
    struct account *account; /* whose the session is */
    struct arena *arena;
    const struct fetch *fetch;
    uint32_t seq;
    struct mail_msg msg;
    struct email email;    /* when an item needs it */
    struct blob_view blob; /* open once a section has been asked for */
    bool has_email, has_blob;
    bool unknown_cte;          /* why it failed: a transfer encoding that nobody here knows (RFC 3516 section 4.3) */
    struct buf scratch;        /* BODY, filtered headers, decoded pieces */
    struct buf record;         /* of a message with message/global in it, made anew for IMAP4rev2 */
    uint64_t lazy_us, busy_us; /* that previews took: those that are not urgent; since others ran */
    int64_t day;               /* of the last date; its text */
    char day_text[16];
};

/* The writers, which the rows name. Each writes "NAME value". Rows with EMAIL are
 * called only when the record is there (has_email), but sections always: they write NIL and give ST_CORRUPT where a
 * message is damaged. */
enum st fetch_uid(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_flags(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_modseq(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_internaldate(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_savedate(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_emailid(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_threadid(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_size(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_envelope(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_body(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_bodystructure(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_section(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;

enum st fetch_preview(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
/* The letter's bytes up to `end`, in f->blob. ST_CORRUPT. */
enum st fetch_open_blob(struct fetch_run *f, uint64_t end) SUSPENDS MUST_USE;

/* What a section consists of: bytes before (the prefix) and bytes of the blob, which is open then. */
struct fetch_pieces {
    struct str first, second;
};
/* ST_NOTFOUND: the letter has no such part; ST_CORRUPT. *out_part as mime_record_section gives it. */
enum st fetch_find_pieces(struct fetch_run *f, const struct fetch_section *s, struct fetch_pieces *out,
                          size_t *out_part) SUSPENDS MUST_USE;
void fetch_cut_pieces(struct fetch_pieces *pc, uint64_t from, uint64_t most);
/* The same with HEADER.FIELDS; all of the section, whatever it says of a partial one. Needs f's account, arena, scratch and email. */
enum st fetch_section_bytes(struct fetch_run *f, const struct fetch_section *s, struct fetch_pieces *out)
    SUSPENDS MUST_USE;
/* A section by itself, as in BODY[section]; empty: all. Its label is not made. ST_SYNTAX */
enum st fetch_parse_section(struct arena *a, struct str text, struct fetch_section *out) SUSPENDS MUST_USE;

/* fetch_binary.c */
enum st fetch_binary(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
enum st fetch_binary_size(struct fetch_run *f, const struct fetch_item *it) SUSPENDS MUST_USE;
/* fetch_global.c: to IMAP4rev2 message/global is an embedded letter (RFC 9051 section 7.5.2, body-type-msg), to IMAP4rev1, and so in the
 * records that are kept, a part like others. Gives the message that the run is at the record that the session is to see. */
enum st fetch_see_global(struct fetch_run *f) SUSPENDS MUST_USE;

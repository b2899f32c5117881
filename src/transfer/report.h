/* What is told of a copy: what was left out, at once; how far it is, on a terminal; the sum at its end. */
#pragma once

#include "admin/admin.h"
#include "base/buf.h"
#include "base/clock.h"

struct json;

struct report {
    const char *verb; /* of the sum: "exported": how many messages were */
    bool is_import;
    void (*describe)(void *arg, struct json *j); /* adds to the sum; NULL: nothing */
    void *describe_arg;
    bool as_json, on_terminal;
    uint64_t mailboxes, messages, bytes; /* copied */
    uint64_t there;                      /* of an import: had been there before */
    uint64_t ignored;                    /* of an import: files that are no mail */
    uint64_t left_out, total;            /* total: messages expected, 0: not known */
    uint64_t source_bytes, source_done;  /* instead of that: bytes of the files that are read */
    size_t n_errors;
    struct buf errors; /* JSON objects */
    mono_ms shown;
    bool line_open, is_silent;
};

void report_init(struct report *r, bool as_json, const char *verb);
void report_fini(struct report *r);
/* Something is left out; `where` names the letter or file, `why` the error. */
void report_left_out(struct report *r, struct str mailbox, struct str where, const char *why);
/* Counted already, but worth a word. */
void report_note(struct report *r, struct str mailbox, const char *text);
void report_progress(struct report *r, struct str mailbox);
/* Prints the sum. `st` is how the copy as a whole ended, with its error record. */
enum admin_exit report_end(struct report *r, enum st st) MUST_USE;

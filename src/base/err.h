/* How calls fail. Every fallible function returns `enum st`, marked MUST_USE; data comes back
 * through out_ parameters, which are untouched on failure. Detail goes into the one `struct err`
 * of the running coroutine (the scheduler switches `err_here`), or of the thread where there is
 * none, and stays valid until the next FAIL there.
 *
 *   return FAIL(ST_SYNTAX, "\"%.*s\" is no address", STR_ARGS(word));   makes one
 *   TRY(stream_flush(s));                                               passes it up
 */
#pragma once

#include "base/base.h"

enum st {
#define ST(name, text) ST_##name,
#include "base/st.def"
#undef ST
    ST_COUNT
};

#define ERR_TEXT_MAX 224

struct err {
    enum st st;
    int line;
    const char *file;
    char text[ERR_TEXT_MAX];
};

extern _Thread_local struct err *err_here; /* never NULL once read through err_get */

/* The error record of the running coroutine or thread. */
struct err *err_get(void);

/* Fills the record and returns `st`. Use FAIL. */
enum st err_set(enum st st, const char *file, int line, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Puts words in front of the text that is there ("reading x: ...") and returns its status. */
enum st err_context(enum st st, const char *fmt, ...) PRINTF_LIKE(2, 3);

const char *st_name(enum st st); /* "NOTFOUND" */
const char *st_text(enum st st);

/* Which status a failed system call means: ENOSPC and EDQUOT NOSPACE, ENOENT NOTFOUND, ... */
enum st st_from_errno(int e);

/* The value is `st` itself, so that the compiler sees that it is not ST_OK. */
#define FAIL(st, ...) (err_set((st), __FILE__, __LINE__, __VA_ARGS__), (st))
/* A failed system call: the text ends with the reason that errno gives. */
#define FAIL_ERRNO(what) err_set(st_from_errno(errno), __FILE__, __LINE__, "%s: %s", (what), strerror(errno))

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum st try_st_ = (call);                                                                                      \
        if (try_st_ != ST_OK)                                                                                          \
            return try_st_;                                                                                            \
    } while (0)

/* For the few calls whose failure changes nothing for the caller; a comment there says why. */
#define IGNORE(call)                                                                                                   \
    do {                                                                                                               \
        enum st ignored_ = (call);                                                                                     \
        (void)ignored_;                                                                                                \
    } while (0)

/* Text and bytes as values. `struct str` is a view: two words, passed by value, never freed, and
 * never NUL-terminated by promise. Who owns the bytes is said where a view is handed out. */
#pragma once

#include "base/err.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf's "%.*s". */
#define STR_ARGS(s) (int)((s).n), (s).p

static inline struct str str_n(const char *p, size_t n)
{
    return (struct str){p, n};
}

struct str str_z(const char *z); /* of a NUL-terminated string; NULL gives STR_NONE */

bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b); /* ASCII letters compare equal in both cases */
int str_cmp(struct str a, struct str b);  /* bytewise, then by length */
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_iends(struct str s, struct str suffix);

/* Index of the first `c`, or of the first place of `needle`; s.n when there is none. */
size_t str_find(struct str s, char c);
size_t str_rfind(struct str s, char c); /* the last `c`; s.n when there is none */
size_t str_search(struct str s, struct str needle);

struct str str_from(struct str s, size_t at);            /* the rest; empty when at >= n */
struct str str_sub(struct str s, size_t at, size_t len); /* clipped to s */
struct str str_trim(struct str s);                       /* without SP, HTAB, CR, LF at both ends */

/* Takes what stands before the first `sep` from *rest and moves *rest behind it. False at the end. */
bool str_split(struct str *rest, char sep, struct str *out_part);

/* The whole of s must be a decimal number (digits only) of at most `max`. ST_SYNTAX or ST_LIMIT. */
enum st str_u64(struct str s, uint64_t max, uint64_t *out) MUST_USE;
enum st str_u32(struct str s, uint32_t max, uint32_t *out) MUST_USE;

bool str_is_ascii(struct str s);
bool str_is_utf8(struct str s); /* RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF */

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}
static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool ascii_is_alnum(char c)
{
    return ascii_is_digit(c) || ascii_is_alpha(c);
}
static inline bool ascii_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

#include "mime/subject.h"
#include "mime/header.h"

/* Step 1: decoded, every run of white space one space. */
static struct str one_space(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        bool space = ascii_is_space(s.p[i]);

        if (!space || (n && p[n - 1] != ' '))
            p[n++] = space ? ' ' : s.p[i];
    }
    return str_trim(str_n(p, n));
}

/* "[" *BLOBCHAR "]" *WSP at the start: its length, or 0. */
static size_t blob_len(struct str s)
{
    size_t n = 1;

    if (s.n == 0 || s.p[0] != '[')
        return 0;
    while (n < s.n && s.p[n] != '[' && s.p[n] != ']')
        n++;
    if (n == s.n || s.p[n] != ']')
        return 0;
    for (n++; n < s.n && s.p[n] == ' ';)
        n++;
    return n;
}

/* subj-leader without white space: any blobs, then "re", "fw" or "fwd", perhaps a blob, a colon. */
static size_t leader_len(struct str s)
{
    size_t at = 0, blob;

    while ((blob = blob_len(str_from(s, at))) > 0)
        at += blob;
    if (str_istarts(str_from(s, at), STR("fwd")))
        at += 3;
    else if (str_istarts(str_from(s, at), STR("fw")) || str_istarts(str_from(s, at), STR("re")))
        at += 2;
    else
        return 0;
    while (at < s.n && s.p[at] == ' ')
        at++;
    at += blob_len(str_from(s, at));
    return at < s.n && s.p[at] == ':' ? at + 1 : 0;
}

/* Step 2 */
static struct str without_trailers(struct str s, bool *reply)
{
    for (s = str_trim(s); str_iends(s, STR("(fwd)")); s = str_trim(s)) {
        s.n -= 5;
        *reply = true;
    }
    return s;
}

/* Steps 3 to 5 */
static struct str without_leaders(struct str s, bool *reply)
{
    for (;;) {
        size_t n = leader_len(s), blob = blob_len(s);

        if (n) {
            *reply = true;
            s = str_trim(str_from(s, n));
        } else if (blob && blob < s.n) {
            s = str_from(s, blob);
        } else {
            return s;
        }
    }
}

struct str mime_base_subject(struct arena *a, struct str value, bool *out_is_reply)
{
    struct str s = one_space(a, mime_unfold_decoded(a, value));

    *out_is_reply = false;
    for (;;) {
        s = without_leaders(without_trailers(s, out_is_reply), out_is_reply);
        if (!str_istarts(s, STR("[fwd:")) || !str_ends(s, STR("]")))
            return s;
        *out_is_reply = true; /* step 6 */
        s = str_n(s.p + 5, s.n - 6);
    }
}

/* Keywords of a mailbox: a table of names, whose places are bits of each message. Names stay. */
#include "mail/state.h"

bool keyword_is_valid(struct str name)
{
    if (!name.n || name.n > LIMIT_KEYWORD)
        return false;
    for (size_t i = 0; i < name.n; i++) { /* RFC 3501 section 9, flag-keyword: an atom */
        if (name.p[i] <= ' ' || name.p[i] == 0x7f || strchr("(){%*\"\\]", name.p[i]))
            return false;
    }
    return true;
}

int mailbox_keyword(struct mailbox *mb, struct str name, bool make)
{
    for (unsigned i = 0; i < mb->n_keywords; i++) {
        if (str_ieq(mb->keywords[i], name))
            return (int)i;
    }
    if (!make || mb->n_keywords == LIMIT_KEYWORDS)
        return -1;
    mb->keywords = mem_resize(mb->keywords, (mb->n_keywords + 1) * sizeof *mb->keywords);
    mb->keywords[mb->n_keywords] = arena_str(&mb->a->names, name);
    return (int)mb->n_keywords++;
}

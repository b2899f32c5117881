#include "imap/object_id.h"

#define DIGITS 16u

struct str imap_mailbox_object_id(struct arena *a, const struct mailbox_info *info)
{
    if (info->owner) /* numbers are given by each account for itself */
        return arena_printf(a, "F%08x-%08x-%016llx", info->id, info->uidvalidity, (unsigned long long)info->owner);
    return arena_printf(a, "F%08x-%08x", info->id, info->uidvalidity);
}

struct str imap_mailbox_object_code(struct arena *a, const struct mailbox_info *info)
{
    return arena_printf(a, "MAILBOXID (%.*s)", STR_ARGS(imap_mailbox_object_id(a, info)));
}

char *imap_email_object_id(char *p, uint64_t email)
{
    static const char hex[] = "0123456789abcdef";

    *p++ = 'M';
    for (unsigned i = 0; i < DIGITS; i++)
        *p++ = hex[email >> (4 * (DIGITS - 1 - i)) & 15];
    return p;
}

static bool is_id_char(char c)
{
    return ascii_is_alnum(c) || c == '_' || c == '-';
}

enum st imap_lex_object_id(struct imap_lexer *lx, struct str *out)
{
    size_t from = lx->at;

    while (lx->at < lx->line.n && is_id_char(lx->line.p[lx->at]))
        lx->at++;
    if (lx->at == from || lx->at - from > IMAP_OBJECT_ID_MAX)
        return FAIL(ST_SYNTAX, "Expected an id of 1 to 255 characters");
    *out = str_sub(lx->line, from, lx->at - from);
    return ST_OK;
}

bool imap_object_id_read(struct str id, char kind, uint64_t *out)
{
    uint64_t n = 0;

    if (id.n != DIGITS + 1 || id.p[0] != kind)
        return false;
    for (size_t i = 1; i < id.n; i++) {
        char c = id.p[i];

        if (!ascii_is_digit(c) && (c < 'a' || c > 'f')) /* section 7: capitals are other ids */
            return false;
        n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = n;
    return true;
}

/* ENABLE (RFC 5161): turns on what is a row of features.def; other names are passed over. */
#include "imap/condstore.h"
#include "imap/context.h"
#include "imap/metadata.h"

struct enable {
    uint32_t features; /* bits, 1 << FEATURE_x */
};

static uint32_t feature_bit(const struct imap_lexer *lx, struct str name)
{
#define FEATURE(text, id, reference)                                                                                   \
    if (str_ieq(name, STR(text)) && imap_lex_may(lx, text))                                                            \
        return 1u << FEATURE_##id;
#include "imap/features.def"
#undef FEATURE
    return 0;
}

static enum st enable_parse(struct imap_lexer *lx, struct enable *out)
{
    struct enable e = {0};
    struct str word;

    TRY(imap_lex_sp(lx));
    do {
        TRY(imap_lex_word(lx, &word));
        e.features |= feature_bit(lx, word);
    } while (imap_lex_take(lx, ' '));
    if (e.features & 1u << FEATURE_QRESYNC) /* RFC 7162 section 3.2.3 */
        e.features |= 1u << FEATURE_CONDSTORE;
    *out = e;
    return imap_lex_end(lx);
}

enum st cmd_enable(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct enable e;

    TRY(enable_parse(&c->lx, &e));
    imap_put(&s->conn, STR("* ENABLED"));
#define FEATURE(text, id, reference)                                                                                   \
    if (e.features & ~s->features & (1u << FEATURE_##id))                                                              \
        imap_put(&s->conn, STR(" " text));
#include "imap/features.def"
#undef FEATURE
    imap_put(&s->conn, STR("\r\n"));
    if (e.features & 1u << FEATURE_CONDSTORE)
        imap_use_condstore(s);
    s->features |= e.features;
    if (e.features & 1u << FEATURE_UIDONLY)
        imap_contexts_end_numbers(s);
    if (e.features & 1u << FEATURE_METADATA)
        imap_watch_metadata(s, true);
    s->src.no_charset = s->features & (1u << FEATURE_UTF8);
    s->conn.utf8 = s->src.utf8 = imap_is_rev2(s) || s->src.no_charset; /* RFC 9051 sections 4.3 and 5.1 */
    return ST_OK;
}

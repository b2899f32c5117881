/* Commands after login: every argument parser over a connection's text. The first byte chooses the parser. */
#include "imap/fetch.h"
#include "imap/id.h"
#include "imap/list.h"
#include "imap/search_parse.h"
#include "imap/set.h"
#include "memory_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum st parse(struct imap_lexer *lx, unsigned which)
{
    struct imap_search search;
    struct imap_flags flags;
    struct list_args list;
    struct imap_set set;
    struct fetch fetch;
    struct imap_withheld withheld = {0};
    struct str s;

    switch (which % 6) {
    case 0: return fetch_parse(lx, which & 8, &fetch);
    case 1:
        search = (struct imap_search){0};
        return which & 8 ? imap_search_parse_keys(lx, true, &search) : imap_search_parse(lx, &search);
    case 2: return imap_id_parse(lx, STR("name=*a*b: MOVE; vendor=*: IDLE"), &withheld);
    case 3: return which & 8 ? imap_list_parse(lx, &list) : imap_lex_mailbox(lx, &s);
    case 4: return imap_lex_flags(lx, which & 8, &flags);
    default:
        TRY(imap_lex_set(lx, &set));
        imap_set_order(lx->arena, set, which);
        return ST_OK;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct input in = {str_n((const char *)data + 1, size - 1)};
    struct imap_source src = memory_source(&in);
    struct arena a = ARENA_INIT;
    struct imap_lexer lx;

    if (imap_lex_begin(&lx, &src, &a) == ST_OK && parse(&lx, data[0]) != ST_OK) {
        enum st st UNUSED = imap_lex_skip(&lx);
    }
    arena_fini(&a);
    return 0;
}

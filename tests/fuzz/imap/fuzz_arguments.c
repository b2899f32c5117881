/* The arguments of commands: every parser that has no driver of its own. The first byte chooses it. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "imap/cmd_acl.c"
#include "imap/cmd_append.c"
#include "imap/cmd_copy.c"
#include "imap/cmd_create.c"
#include "imap/cmd_enable.c"
#include "imap/cmd_esearch.c"
#include "imap/cmd_expunge.c"
#include "imap/cmd_metadata.c"
#include "imap/cmd_notify.c"
#include "imap/cmd_quota.c"
#include "imap/cmd_select.c"
#include "imap/cmd_sort.c"
#include "imap/cmd_status.c"
#include "imap/cmd_store.c"
#include "imap/cmd_thread.c"

#include "memory_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum st parse(struct imap_lexer *lx, struct arena *ar, unsigned which)
{
    union {
        struct acl_args acl;
        struct append append;
        struct copy copy;
        struct names names;
        struct create create;
        struct enable enable;
        struct esearch esearch;
        struct expunge expunge;
        struct getmetadata getmetadata;
        struct notify_args notify;
        struct select select;
        struct setmetadata setmetadata;
        struct sort sort;
        struct status status;
        struct store_args store;
        struct thread_args thread;
        struct str text;
    } a;
    memset(&a, 0, sizeof a);
    switch (which % 19) {
    case 0: return acl_parse(lx, which & 32 ? 3 : 2, &a.acl);
    case 1: return append_parse(lx, &a.append);
    case 2: return parse_origin(lx, ar, &a.append);
    case 3: return copy_parse(lx, &a.copy);
    case 4: return names_parse(lx, which & 32, &a.names);
    case 5: return create_parse(lx, &a.create);
    case 6: return enable_parse(lx, &a.enable);
    case 7: return esearch_parse(lx, &a.esearch);
    case 8: return expunge_parse(lx, which & 32, &a.expunge);
    case 9: return getquota_parse(lx, &a.text);
    case 10: return setquota_parse(lx, &a.text);
    case 11: return select_parse(lx, &a.select);
    case 12: return sort_parse(lx, &a.sort);
    case 13: return status_parse(lx, &a.status);
    case 14: return store_parse(lx, &a.store);
    case 15: return thread_parse(lx, &a.thread);
    case 16: return getmetadata_parse(lx, &a.getmetadata);
    case 17: return setmetadata_parse(lx, &a.setmetadata);
    default: return which & 32 ? notify_parse(lx, &a.notify) : parse_datetime(lx, &(uint64_t){0});
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

    if (imap_lex_begin(&lx, &src, &a) == ST_OK && parse(&lx, &a, data[0]) != ST_OK)
        IGNORE(imap_lex_skip(&lx));
    arena_fini(&a);
    return 0;
}

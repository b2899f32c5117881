/* Large letters are written ahead of their commit, for rooms that do not know the store. */
#include "mail/state.h"

enum st mail_stage(struct account *a, struct str bytes, struct blob_stage **out)
{
    return blob_stage_str(account_store(a), bytes, out);
}

void mail_unstage(struct account *a, struct blob_stage *stage)
{
    blob_unstage(account_store(a), stage);
}

struct blob_spool *mail_spool_new(struct account *a)
{
    return blob_spool_new(account_store(a));
}

enum st mail_spool_add(struct blob_spool *p, struct str bytes)
{
    return blob_spool_add(p, bytes);
}

enum st mail_spool_stage(struct blob_spool *p, struct blob_stage **out)
{
    return blob_spool_stage(p, out);
}

void mail_spool_free(struct blob_spool *p)
{
    blob_spool_free(p);
}

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

#include "box/box.h"
#include "mail/shared.h"

enum st box_on_core_of(struct box *b, uint64_t account, void (*fn)(void *arg) SUSPENDS, void *arg)
{
    return mail_on_core_of(b->mail, account, fn, arg);
}

#include "imap/flags.h"

uint32_t imap_flag_bit(struct str name)
{
#define FLAG(bit, text, constant)                                                                                      \
    if (str_ieq(name, STR(text)))                                                                                      \
        return bit;
#include "imap/flags.def"
#undef FLAG
    return 0;
}

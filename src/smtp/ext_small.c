/* Extensions that only announce something. PIPELINING needs no more than a stream that flushes when a read would wait;
 * enhanced codes stand in the rows of replies.def. */
#include "smtp/ext.h"

static bool always(const struct smtp_session *s)
{
    (void)s;
    return true;
}

const struct smtp_ext smtp_ext_pipelining = {.keyword = "PIPELINING", .offered = always};
const struct smtp_ext smtp_ext_enhanced = {.keyword = "ENHANCEDSTATUSCODES", .offered = always};
const struct smtp_ext smtp_ext_starttls = {.keyword = "STARTTLS", .offered = smtp_offers_starttls};

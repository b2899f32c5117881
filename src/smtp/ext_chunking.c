/* CHUNKING and BINARYMIME (RFC 3030): letters in chunks (cmd_bdat.c), which may be of any bytes. BODY=BINARYMIME is a value of the parameter that
 * 8BITMIME has. */
#include "smtp/ext.h"

static bool always(const struct smtp_session *s)
{
    (void)s;
    return true;
}

const struct smtp_ext smtp_ext_chunking = {.keyword = "CHUNKING", .offered = always};
const struct smtp_ext smtp_ext_binarymime = {.keyword = "BINARYMIME", .offered = always};

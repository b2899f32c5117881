/* MAIL's and RCPT's arguments: what is taken as an address can be said again in a command, and is then the same address. */
#include "smtp/path.h"

#include "base/err.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str in, struct str word)
{
    static struct smtp_path p, again;
    char text[2048];
    int n;

    if (smtp_path_parse(in, word, &p) != ST_OK || p.is_null || p.is_postmaster)
        return;
    for (size_t i = 0; i < p.addr.whole.n; i++)
        must((unsigned char)p.addr.whole.p[i] >= 32);
    for (size_t i = 0; i < p.n_params; i++)
        must(p.params[i].name.n && str_find(p.params[i].value, ' ') == p.params[i].value.n);
    n = snprintf(text, sizeof text, "%.*s<%.*s>", STR_ARGS(word), STR_ARGS(p.addr.whole));
    must(n > 0 && (size_t)n < sizeof text);
    must(smtp_path_parse(str_n(text, (size_t)n), word, &again) == ST_OK);
    must(str_eq(again.addr.whole, p.addr.whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);

    if (size > 4096) /* a command line is no longer */
        return 0;
    check(in, STR("FROM:"));
    check(in, STR("TO:"));
    return 0;
}

/* Prints a page that is made from rows: gen_docs settings > docs/settings.md, gen_docs manual > docs/restante.1. */
#include "admin/admin.h"
#include "config/config.h"

#include <stdio.h>

#define PAGE_MAX (1u << 20)

int main(int argc, char **argv)
{
    struct buf page;
    size_t written;

    if (argc != 2 || (strcmp(argv[1], "settings") != 0 && strcmp(argv[1], "manual") != 0)) {
        fprintf(stderr, "usage: gen_docs settings|manual\n");
        return 2;
    }
    buf_init(&page, PAGE_MAX);
    if (strcmp(argv[1], "settings") == 0)
        config_docs(&page);
    else
        admin_manual(&page);
    written = fwrite(page.p, 1, page.n, stdout);
    return written == page.n && !page.over && fflush(stdout) == 0 ? 0 : 1;
}

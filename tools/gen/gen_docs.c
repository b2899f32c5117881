/* Prints a page that is made from rows: gen_docs settings > docs/settings.md, gen_docs manual > docs/restante.1,
 * gen_docs imap > docs/imap.md. */
#include "admin/admin.h"
#include "config/config.h"
#include "imap/docs.h"

#include <stdio.h>

#define PAGE_MAX (1u << 20)

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*make)(struct buf *out);
    } pages[] = {{"settings", config_docs}, {"manual", admin_manual}, {"imap", imap_docs}};
    struct buf page;
    size_t written, i = 0;

    while (i < ARRAY_LEN(pages) && (argc != 2 || strcmp(argv[1], pages[i].name) != 0))
        i++;
    if (i == ARRAY_LEN(pages)) {
        fprintf(stderr, "usage: gen_docs settings|manual|imap\n");
        return 2;
    }
    buf_init(&page, PAGE_MAX);
    pages[i].make(&page);
    written = fwrite(page.p, 1, page.n, stdout);
    return written == page.n && !page.over && fflush(stdout) == 0 ? 0 : 1;
}

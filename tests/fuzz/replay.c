/* Stands in for libFuzzer: runs a driver over each file named, or in a folder named, whole and cut at up to 64 places.
 * Prints `N passed, 0 failed`; a failure ends the process. */
#include "base/base.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own for each run, so that reading past the end shows under ASan. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    size_t n, step;

    if (!f || !data) {
        perror(name);
        exit(1);
    }
    n = fread(data, 1, INPUT_MAX, f);
    fclose(f);
    step = n / 64 + 1;
    for (size_t cut = 0; cut < n; cut += step)
        run(data, cut);
    run(data, n);
    free(data);
}

/* The files right in a folder; how many there were. */
static int run_folder(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    char name[4096];
    int n = 0;

    if (!d)
        return -1;
    while ((e = readdir(d)))
        if (e->d_name[0] != '.' && snprintf(name, sizeof name, "%s/%s", folder, e->d_name) < (int)sizeof name) {
            run_file(name);
            n++;
        }
    closedir(d);
    return n;
}

int main(int argc, char **argv)
{
    int passed = 0;

    for (int i = 1; i < argc; i++) {
        int n = run_folder(argv[i]);

        if (n < 0)
            run_file(argv[i]);
        passed += n < 0 ? 1 : n;
    }
    printf("%d passed, %d failed\n", passed, passed == 0);
    return passed == 0;
}

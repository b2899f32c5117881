/* Stands in for libFuzzer: runs a driver once over each file named, whole and cut at up to 64 places.
 * Prints `N passed, 0 failed`; a failure ends the process. */
#include "base/base.h"

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

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    printf("%d passed, 0 failed\n", argc - 1);
    return 0;
}

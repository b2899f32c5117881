/* Any bytes as a configuration file: either refused with an error that has a text, or a snapshot
 * whose printed form parses to an equal one. */
#include "config/config.h"

#include <stdlib.h>

static void round_trip(const struct settings *set)
{
    static struct config_errors errors;
    const struct settings *again;
    struct buf text;

    buf_init(&text, 1u << 20);
    config_print(set, true, &text);
    if (!text.over) {
        if (config_parse(buf_str(&text), "again", &again, &errors) != ST_OK)
            abort();
        if (config_diff(set, again, NULL, 0) != 0)
            abort();
        config_unref(again);
    }
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_errors errors;
    const struct settings *set;

    if (config_parse(str_n((const char *)data, size), "fuzz", &set, &errors) != ST_OK) {
        if (errors.n == 0 || errors.list[0].text[0] == '\0')
            abort();
        return 0;
    }
    round_trip(set);
    config_unref(set);
    return 0;
}

/* The configuration file as main uses it: read, parsed and checked against the world, with everything that is wrong told in
 * lines for people. */
#pragma once

#include "config/config.h"

#define CONFIG_FILE_DEFAULT "/etc/restante/restante.conf"

struct config_file {
    const char *path;
    struct buf text; /* as it was read */
    const struct settings *set;
};

/* On failure nothing is left to free, and *out_complaint has a line for each thing that is wrong. */
enum st config_file_load(const char *path, struct config_file *out, struct buf *out_complaint) MUST_USE;
void config_file_free(struct config_file *f);

/* `restante serve` and `restante check-config`: what is done once, before the server runs. Everything that can be wrong is
 * found before anything is changed. */
#pragma once

#include "main/server.h"

int serve_main(int argc, char **argv);        /* argv[0] is "serve" */
int check_config_main(int argc, char **argv); /* "check-config" */

enum exit_status server_run(struct server *s); /* until it has been stopped */

/* Of the program; meson.build has the same. */
#pragma once

#define RESTANTE_VERSION "0.1.0"

/* The states of a connection (RFC 3501 section 3) and the flags of rows of commands.def. */
#pragma once

enum { IN_NONE = 1, IN_AUTH = 2, IN_SEL = 4 };
enum { HOLDS = 1, UID_FORM = 2, LEAVES = 4, IDLES = 8, NUMBERS = 16 };

/* A line without its end, and what the end was: protocols differ in what they make of a bare LF. */
#pragma once

#include "base/str.h"

enum line_end { LINE_CRLF, LINE_LF, LINE_NONE };

/* Cuts CRLF or LF off. */
static inline enum line_end line_strip(struct str *line)
{
    if (!line->n || line->p[line->n - 1] != '\n')
        return LINE_NONE;
    line->n--;
    if (!line->n || line->p[line->n - 1] != '\r')
        return LINE_LF;
    line->n--;
    return LINE_CRLF;
}

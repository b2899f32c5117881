/* A connection as the lexer's source of lines and literals. */
#pragma once

#include "imap/conn.h"
#include "imap/lexer.h"

struct imap_source imap_source_of(struct imap_conn *c);

/* What is withheld, which is borrowed, holds for what is read from now on. To be called again when it has become more. */
void imap_source_withhold(struct imap_source *src, const struct imap_withheld *w);

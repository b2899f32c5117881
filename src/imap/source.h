/* A connection as the lexer's source of lines and literals. */
#pragma once

#include "imap/conn.h"
#include "imap/lexer.h"

struct imap_source imap_source_of(struct imap_conn *c);

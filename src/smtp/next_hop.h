/* A server that somebody has named for letters: "mail.example.org", "mail.example.org:587", "[2001:db8::1]:25". Its one form has the port always. */
#pragma once

#include "base/arena.h"

/* To that form; `port` where the word has none. ST_SYNTAX, with a text for people. */
enum st next_hop_parse(struct arena *a, struct str word, uint16_t port, struct str *out) MUST_USE;
/* That form taken apart: the host without brackets. ST_TRYLATER: it is none, whoever has written it. */
enum st next_hop_split(struct str to, struct str *out_host, uint16_t *out_port) MUST_USE;

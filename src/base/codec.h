/* Base64 (RFC 4648 section 4) and hexadecimal, whole texts at a time. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

void base64_encode(struct buf *out, struct str raw); /* one line, with padding */
/* Strict: no white space, padding required, no stray bits. ST_SYNTAX. */
enum st base64_decode(struct arena *a, struct str text, struct str *out_raw) MUST_USE;

enum st hex_decode(struct arena *a, struct str text, struct str *out_raw) MUST_USE;
struct str hex_of(struct arena *a, const void *raw, size_t n);

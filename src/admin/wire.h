/* What is spoken on the administration socket, by the command line and the control role. Both directions: frames of a length
 * (u32, little-endian, of what follows) and a message in the layout of ipc/msg.h. The tool sends one admin_ask (its uid is
 * ignored: the kernel tells it), with at most one descriptor beside its first byte; control sends admin_answers until one has `more`
 * 0, and closes. Nothing here does input or output or suspends. */
#pragma once

#include "ipc/msg.h"

#define WIRE_HEAD 4
#define WIRE_MAX (WIRE_HEAD + 65536)

/* Adds a frame. ST_LIMIT as msg_encode. */
enum st wire_put(enum msg_kind kind, const void *msg, struct buf *out) MUST_USE;

/* The first frame of `bytes`, decoded into *out_msg (its texts are views into `bytes`); *out_used is its length. *out_used is 0,
 * with ST_OK, while it is not complete. ST_SYNTAX: that will never be one. */
enum st wire_take(enum msg_kind kind, struct str bytes, void *out_msg, size_t *out_used) MUST_USE;

/* As what letters leave: the addresses of this machine that they are sent from, and the name in EHLO. That is the sender's domain's, where it is
 * ours and says so (`restante domain set --source --ehlo`), else as the settings say. Connections are shared only by letters that leave
 * as the same. */
#pragma once

#include "co/co.h"
#include "net/addr.h"

struct job;
struct settings;

#define IDENTITY_EHLO_MAX 255

struct identity {
    struct addr source4, source6;     /* family 0: the system chooses */
    char ehlo[IDENTITY_EHLO_MAX + 1]; /* empty: host_name */
};

/* What letters without a sender leave as, and those of senders elsewhere. */
struct identity identity_default(const struct settings *set);
bool identity_eq(const struct identity *a, const struct identity *b);
/* A text that is the same only for equal ones; empty for the one that says nothing. */
struct str identity_key(const struct identity *id, struct arena *a);
struct addr identity_source(const struct identity *id, const struct addr *to);

/* --- identities.c --- */
/* As what a job leaves. ST_TRYLATER. */
enum st identity_find(struct job *j, struct identity *out) SUSPENDS MUST_USE;

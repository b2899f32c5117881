/* The records that a domain wants. Pure. */
#pragma once

#include "dns/rdata.h"
#include "doctor/facts.h"

enum want_level { WANT_MUST, WANT_SHOULD, WANT_MAY };

enum want_kind {
#define WANT(kind, level, type, why) WANT_KIND_##kind,
#include "doctor/wants.def"
#undef WANT
    WANT_KINDS
};

struct want {
    enum want_kind kind;
    enum dns_type type;
    struct str name;  /* without the last dot */
    struct str value; /* in presentation form; of TXT the bare text */
};

#define WANTS_MAX 256

enum want_level want_level(enum want_kind kind);
const char *want_level_name(enum want_level level);
const char *want_why(enum want_kind kind);

/* At most WANTS_MAX. */
struct want *wants_of(struct arena *a, const struct facts *f, size_t *out_n);
/* The keys only. */
struct want *wants_of_keys(struct arena *a, const struct facts *f, size_t *out_n);

/* Lines of a zone file, with what they are for as comments. */
void wants_print(const struct facts *f, const struct want *w, size_t n, struct buf *out);
/* One line, without its end. */
void want_print(const struct want *w, struct buf *out);

/* The snapshot of all settings that a session, a role or the whole server works with. Immutable
 * once parsed, shared by reference count (atomic: cores may share one); a reload makes a new one and
 * sessions keep theirs. Read it as set->smtp_max_recipients. The members are the rows of
 * settings.def; of blocks: listener.def, tls.def, zone.def.
 *
 * Units: sizes in bytes, durations in milliseconds. Text is borrowed from the snapshot and is
 * NUL-terminated behind its end. An unset path or text has n == 0. */
#pragma once

#include "base/arena.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define CHOICES(name)                                                                                                  \
    enum config_##name                                                                                                 \
    {
#define CHOICE(id, word, text) id,
#define CHOICES_END                                                                                                    \
    }                                                                                                                  \
    ;
#include "config/choices.def"
#undef CHOICES
#undef CHOICE
#undef CHOICES_END

/* An address with its port, ready for bind() or connect(). */
struct config_addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
    socklen_t len;
    bool optional; /* came from "*": do without it where the kernel lacks the family */
};

struct config_addrs {
    const struct config_addr *v;
    size_t n;
};

/* "192.0.2.0/24": the bits behind the first `bits` are zero. */
struct config_network {
    uint8_t family, bits; /* 4 or 6 */
    uint8_t bytes[16];
};

struct config_networks {
    const struct config_network *v;
    size_t n;
};

/* Where a value stands in the file; line 0 when it is the default. */
struct config_pos {
    uint32_t line, column;
};

/* The C type of each type of the rows. */
#define CONFIG_TYPE_bool bool
#define CONFIG_TYPE_u32 uint32_t
#define CONFIG_TYPE_u64 uint64_t
#define CONFIG_TYPE_size uint64_t
#define CONFIG_TYPE_duration uint64_t
#define CONFIG_TYPE_str struct str
#define CONFIG_TYPE_path struct str
#define CONFIG_TYPE_host struct str
#define CONFIG_TYPE_addresses struct config_addrs
#define CONFIG_TYPE_servers struct config_addrs
#define CONFIG_TYPE_networks struct config_networks

#define SET(type, name, def, min, max, reload, text) CONFIG_TYPE_##type name;
#define SET_CHOICE(choice, name, def, reload, text) enum config_##choice name;
#define SECTION(title, text)

/* `listener imaps { ... }`. The addresses carry the port already. */
struct config_listener {
    struct str name; /* unique; without one: "listener-1", "listener-2" in order of the file */
    struct config_pos at;
#include "config/listener.def"
};

/* `tls { certificate FILE  key FILE }`. The first is the default. */
struct config_tls {
    struct config_pos at;
#include "config/tls.def"
};

/* `dns_zone example.test { server 127.0.0.1@5353 }`. */
struct config_zone {
    struct str name;
    struct config_pos at;
#include "config/zone.def"
};

/* `trusted_network printers { network 192.0.2.0/24  account printers@example.org }`. */
struct config_trusted {
    struct str name;
    struct config_pos at;
#include "config/trusted.def"
};

struct settings {
    uint32_t magic;
    _Atomic uint32_t refs;
    struct arena arena;
    struct str file; /* the name it was parsed under */

#include "config/settings.def"

    const struct config_listener *listeners; /* never empty: the standard ports by default */
    size_t listener_count;
    const struct config_tls *tls;
    size_t tls_count;
    const struct config_zone *zones;
    size_t zone_count;
    const struct config_trusted *trusted;
    size_t trusted_count;

    const struct config_pos *places; /* of each row of settings.def, in its order */
};
#undef SET
#undef SET_CHOICE
#undef SECTION

const struct settings *config_ref(const struct settings *set);
void config_unref(const struct settings *set); /* NULL does nothing */

/* The trusted network that the address (as in struct config_network) is in, the smallest of several; NULL: none. */
const struct config_trusted *config_trusted_find(const struct settings *set, uint8_t family, const uint8_t *bytes);
/* Is the address in one of them? */
bool config_networks_have(const struct config_networks *list, uint8_t family, const uint8_t *bytes);
/* Does the block allow that sender besides those of its account? */
bool config_trusted_sender(const struct config_trusted *t, struct str address);

const char *config_protocol_name(enum config_protocol protocol); /* "imap" */
const char *config_check_name(enum config_check check);          /* "warn" */
const char *config_language_name(enum config_language language); /* "en"; NULL behind the last one */
const char *config_security_name(enum config_security security); /* "starttls" */

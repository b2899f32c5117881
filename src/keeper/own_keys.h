/* Keys that the keeper makes for itself and keeps in the directory, by what they are for: a new one every month, the old ones taken for as long as
 * what they have signed is good. Belongs to the directory's thread. */
#pragma once

#include "keeper/srs.h"

#define OWN_KEYS_SRS STR("srs")
#define OWN_KEYS_BOUNCES STR("bounces")

struct own_keys {
    struct srs_keys keys;
    uint64_t look_us; /* until then they are what the directory has */
};

/* Reads or makes them where it is time to. */
enum st own_keys_ready(struct own_keys *k, struct directory *d, struct str use, uint64_t now_us) MUST_USE;

/* The lists of the DNS that the setting smtp_dns_lists names: "ZONE[=ANSWER[/BITS]] WEIGHT", with semicolons between. */
#pragma once

#include "base/str.h"

#include <stdint.h>

#define CONFIG_DNS_LISTS_MAX 20

struct config_dns_list {
    struct str zone; /* a view of the setting */
    uint8_t answer[4];
    unsigned bits; /* of it that an answer has to have; 0: any that is no sign of an error */
    int weight;    /* below 0: of a list of good ones */
};

/* ST_SYNTAX, ST_LIMIT with a text for people. */
enum st config_dns_lists(struct str text, struct config_dns_list out[CONFIG_DNS_LISTS_MAX], size_t *out_n) MUST_USE;
/* Does that answer count? Of 127.255.255.0/24 none does: operators say by it that they do not answer us. */
bool config_dns_list_counts(const struct config_dns_list *l, const uint8_t answer[4]);

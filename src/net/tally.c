#include "net/tally.h"

#define HOUR_MS 3600000
#define GOOD_HOURS 24
#define TAG_ADDRESS4 1u /* in the first two bytes of a key, where an IPv6 address of the world has none of these */
#define TAG_NETWORK4 2u
#define TAG_NETWORK6 3u

#define GET(v) atomic_load_explicit(&(v), memory_order_relaxed)
#define PUT(v, n) atomic_store_explicit(&(v), (n), memory_order_relaxed)

static uint32_t hour_now(void)
{
    return (uint32_t)(clock_mono_ms() / HOUR_MS) + 1; /* 0: never */
}

static uint64_t number(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

uint64_t tally_address(const struct addr *a)
{
    if (a->family == 4)
        return (uint64_t)TAG_ADDRESS4 << 48 | number(a->bytes, 4);
    return number(a->bytes, 8);
}

uint64_t tally_network(const struct addr *a)
{
    if (a->family == 4)
        return (uint64_t)TAG_NETWORK4 << 48 | number(a->bytes, 3) << 8;
    return (uint64_t)TAG_NETWORK6 << 48 | number(a->bytes, 6);
}

static size_t place_of(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdull;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ull;
    key ^= key >> 33;
    return key % TALLY_PLACES;
}

void tally_attach(struct tally *t, struct tally_page *own)
{
    *t = (struct tally){.own = own};
    for (size_t i = 0; i < TALLY_PLACES; i++)
        for (size_t k = 0; k < TALLY_WAYS; k++)
            PUT(own->entries[i][k].open, 0);
}

void tally_read(struct tally *t, const struct tally_page *other)
{
    if (t->n_others < TALLY_PAGES_MAX)
        t->others[t->n_others++] = other;
}

static const struct tally_entry *find_in(const struct tally_page *page, uint64_t key)
{
    const struct tally_entry *way = page->entries[place_of(key)];

    for (size_t i = 0; i < TALLY_WAYS; i++)
        if (GET(way[i].key) == key)
            return &way[i];
    return NULL;
}

/* Its hour becomes this one. */
static void turn(struct tally_entry *e, uint32_t hour)
{
    uint32_t was = GET(e->hour);

    if (was == hour)
        return;
    for (size_t i = 0; i < TALLY_COUNT; i++) {
        PUT(e->before[i], was + 1 == hour ? GET(e->now[i]) : 0);
        PUT(e->now[i], 0);
    }
    PUT(e->hour, hour);
}

static void renew(struct tally_entry *e, uint64_t key)
{
    PUT(e->key, 0);
    PUT(e->good_hour, 0);
    PUT(e->hour, 0);
    turn(e, hour_now());
    PUT(e->key, key);
}

/* The entry of the own page, made where there is none; NULL: no room. */
static struct tally_entry *own(struct tally *t, uint64_t key)
{
    struct tally_entry *way = t->own->entries[place_of(key)], *oldest = NULL;

    for (size_t i = 0; i < TALLY_WAYS; i++) {
        struct tally_entry *e = &way[i];

        if (GET(e->key) == key) {
            turn(e, hour_now());
            return e;
        }
        if (!GET(e->open) && (!oldest || GET(e->hour) < GET(oldest->hour)))
            oldest = e;
    }
    if (oldest)
        renew(oldest, key);
    return oldest;
}

bool tally_take(struct tally *t, uint64_t key)
{
    struct tally_entry *e = own(t, key);

    if (e)
        PUT(e->open, GET(e->open) + 1);
    return e != NULL;
}

void tally_give(struct tally *t, uint64_t key)
{
    struct tally_entry *e = own(t, key);

    if (e && GET(e->open))
        PUT(e->open, GET(e->open) - 1);
}

void tally_add(struct tally *t, uint64_t key, enum tally_what what)
{
    struct tally_entry *e = own(t, key);

    if (e && GET(e->now[what]) < UINT32_MAX)
        PUT(e->now[what], GET(e->now[what]) + 1);
}

void tally_good(struct tally *t, uint64_t key)
{
    struct tally_entry *e = own(t, key);

    if (e)
        PUT(e->good_hour, hour_now());
}

static uint64_t in_an_hour(const struct tally_entry *e, enum tally_what what)
{
    uint64_t now_ms = clock_mono_ms(), left_ms = HOUR_MS - now_ms % HOUR_MS;
    uint32_t hour = hour_now(), was = GET(e->hour);
    uint64_t now = was == hour ? GET(e->now[what]) : 0;
    uint64_t before = was == hour ? GET(e->before[what]) : was + 1 == hour ? GET(e->now[what]) : 0;

    return now + before * left_ms / HOUR_MS;
}

/* Of all pages. A page that is written to meanwhile may show a moment's nonsense, of which nothing depends but one refusal or none. */
uint32_t tally_hour(const struct tally *t, uint64_t key, enum tally_what what)
{
    const struct tally_entry *e = find_in(t->own, key);
    uint64_t sum = e ? in_an_hour(e, what) : 0;

    for (unsigned i = 0; i < t->n_others; i++)
        if ((e = find_in(t->others[i], key)) != NULL)
            sum += in_an_hour(e, what);
    return (uint32_t)MIN(sum, UINT32_MAX);
}

uint32_t tally_open(const struct tally *t, uint64_t key)
{
    const struct tally_entry *e = find_in(t->own, key);
    uint64_t sum = e ? GET(e->open) : 0;

    for (unsigned i = 0; i < t->n_others; i++)
        if ((e = find_in(t->others[i], key)) != NULL)
            sum += GET(e->open);
    return (uint32_t)MIN(sum, UINT32_MAX);
}

static bool is_good(const struct tally_entry *e)
{
    uint32_t hour = GET(e->good_hour);

    return hour && hour + GOOD_HOURS > hour_now();
}

bool tally_is_good(const struct tally *t, uint64_t key)
{
    const struct tally_entry *e = find_in(t->own, key);

    if (e && is_good(e))
        return true;
    for (unsigned i = 0; i < t->n_others; i++)
        if ((e = find_in(t->others[i], key)) != NULL && is_good(e))
            return true;
    return false;
}

/* The address that a key begins with. */
static struct addr address_of(uint64_t key, unsigned *out_bits)
{
    uint64_t tag = key >> 48;
    bool is4 = tag == TAG_ADDRESS4 || tag == TAG_NETWORK4;
    struct addr a = {.family = is4 ? 4 : 6};
    uint64_t v = is4 ? key << 32 : tag == TAG_NETWORK6 ? key << 16 : key;

    for (size_t i = 0; i < 8; i++)
        a.bytes[i] = (uint8_t)(v >> (56 - 8 * i));
    *out_bits = tag == TAG_ADDRESS4 ? 32 : tag == TAG_NETWORK4 ? 24 : tag == TAG_NETWORK6 ? 48 : 64;
    return a;
}

/* The network that was named, those within it, and the one around it, whose count came from there in part. */
static bool concerns(uint64_t key, const struct addr *network, unsigned bits)
{
    unsigned own_bits;
    struct addr a = address_of(key, &own_bits);

    return key && a.family == network->family && addr_in(&a, network, MIN(bits, own_bits));
}

void tally_forget(struct tally *t, const struct addr *network, unsigned bits)
{
    for (size_t i = 0; i < TALLY_PLACES; i++)
        for (size_t k = 0; k < TALLY_WAYS; k++) {
            struct tally_entry *e = &t->own->entries[i][k];

            if (!concerns(GET(e->key), network, bits))
                continue;
            for (size_t w = 0; w < TALLY_COUNT; w++) {
                PUT(e->now[w], 0);
                PUT(e->before[w], 0);
            }
        }
}

#include "net/bans.h"
#include "base/must.h"

struct key {
    uint8_t family, bits, bytes[16];
};

static struct key key_of(const struct addr *a, unsigned bits)
{
    struct addr net = addr_network(a, bits, bits);
    struct key k = {.family = net.family, .bits = (uint8_t)bits};

    memcpy(k.bytes, net.bytes, sizeof k.bytes);
    return k;
}

static struct str key_str(const struct key *k)
{
    return str_n((const char *)k, sizeof *k);
}

static unsigned *count_of(struct bans *b, const struct addr *a, unsigned bits)
{
    return &b->of_bits[a->family == 6][bits];
}

static void drop(struct bans *b, struct ban *e)
{
    struct key k = key_of(&e->network, e->bits);

    --*count_of(b, &e->network, e->bits);
    list_del(&e->link);
    map_str_del(&b->by_network, key_str(&k));
    mem_free(e);
}

void bans_init(struct bans *b)
{
    *b = (struct bans){.by_network = MAP_INIT};
    list_init(&b->by_age);
}

void bans_fini(struct bans *b)
{
    LIST_EACH_SAFE(pos, tmp, &b->by_age)
        drop(b, LIST_ITEM(pos, struct ban, link));
    map_fini(&b->by_network);
    bans_init(b);
}

static const struct {
    struct str text;
    bool only_smtp;
} reasons[] = {
#define BAN_REASON(name, text, only_smtp) {STR(text), only_smtp},
#include "net/bans.def"
#undef BAN_REASON
};

struct str ban_reason_text(enum ban_reason reason)
{
    must(reason < BAN_REASON_COUNT);
    return reasons[reason].text;
}

void ban_set_reason(struct ban *b, struct str reason)
{
    b->reason_n = MIN(reason.n, sizeof b->reason);
    for (size_t i = 0; i < b->reason_n; i++)
        b->reason[i] = (unsigned char)reason.p[i] < 32 || (unsigned char)reason.p[i] > 126 ? '?' : reason.p[i];
    b->only_smtp = false;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        b->only_smtp |= !b->by_hand && reasons[i].only_smtp && str_eq(reasons[i].text, reason);
}

/* What has ended; and if that is not enough, the oldest that came by itself. */
static bool make_room(struct bans *b, uint64_t now_us)
{
    LIST_EACH_SAFE(pos, tmp, &b->by_age) {
        struct ban *e = LIST_ITEM(pos, struct ban, link);

        if (e->until_us <= now_us)
            drop(b, e);
    }
    LIST_EACH_SAFE(pos, tmp, &b->by_age) {
        struct ban *e = LIST_ITEM(pos, struct ban, link);

        if (b->by_network.n < BANS_MAX)
            break;
        if (!e->by_hand)
            drop(b, e);
    }
    return b->by_network.n < BANS_MAX;
}

enum st bans_put(struct bans *b, const struct ban *ban, uint64_t now_us)
{
    struct key k = key_of(&ban->network, ban->bits);
    struct ban *e = map_str_get(&b->by_network, key_str(&k));

    if (e)
        drop(b, e);
    else if (b->by_network.n >= BANS_MAX && !make_room(b, now_us))
        return FAIL(ST_LIMIT, "there are %d bans already", BANS_MAX);
    e = MEM_NEW(struct ban);
    *e = *ban;
    e->network = addr_network(&ban->network, ban->bits, ban->bits);
    list_add_tail(&b->by_age, &e->link);
    map_str_put(&b->by_network, key_str(&k), e);
    ++*count_of(b, &e->network, e->bits);
    return ST_OK;
}

const struct ban *bans_find(struct bans *b, const struct addr *a, uint64_t now_us)
{
    unsigned most = a->family == 4 ? 32 : 128;

    for (unsigned bits = 0; a->family && b->by_network.n && bits <= most; bits++) {
        struct key k;
        struct ban *e;

        if (!*count_of(b, a, bits))
            continue;
        k = key_of(a, bits);
        e = map_str_get(&b->by_network, key_str(&k));
        if (e && e->until_us > now_us)
            return e;
        if (e)
            drop(b, e);
    }
    return NULL;
}

bool bans_lift(struct bans *b, const struct addr *network, unsigned bits)
{
    struct key k = key_of(network, bits);
    struct ban *e = map_str_get(&b->by_network, key_str(&k));

    if (e)
        drop(b, e);
    return e != NULL;
}

size_t bans_count(const struct bans *b)
{
    return b->by_network.n;
}

const struct ban *bans_next(const struct bans *b, const struct ban *after)
{
    const struct list *next = after ? after->link.next : b->by_age.next;

    return next == &b->by_age ? NULL : LIST_ITEM(next, const struct ban, link);
}

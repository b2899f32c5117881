#include "keeper/known.h"

struct known_entry {
    struct list link;
    struct str name;
    struct directory_account account;
    char bytes[]; /* the texts */
};

void known_init(struct known *n)
{
    *n = (struct known){0};
    list_init(&n->by_use);
}

static void drop(struct known *n, struct known_entry *e)
{
    list_del(&e->link);
    map_str_del(&n->by_name, e->name);
    mem_free(e);
}

void known_drop(struct known *n)
{
    LIST_EACH_SAFE(pos, tmp, &n->by_use)
        drop(n, LIST_ITEM(pos, struct known_entry, link));
}

void known_fini(struct known *n)
{
    known_drop(n);
    map_fini(&n->by_name);
}

bool known_find(struct known *n, struct arena *a, struct str name, struct directory_account *out)
{
    struct known_entry *e = map_str_get(&n->by_name, name);

    if (!e)
        return false;
    list_del(&e->link);
    list_add_tail(&n->by_use, &e->link);
    *out = e->account;
    out->address = arena_str(a, e->account.address); /* it may be dropped while the caller still reads */
    out->imap_withheld = arena_str(a, e->account.imap_withheld);
    out->pop3_uidl = arena_str(a, e->account.pop3_uidl);
    return true;
}

static struct str put(char **p, struct str s)
{
    char *at = *p;

    if (s.n)
        memcpy(at, s.p, s.n);
    *p += s.n;
    return str_n(at, s.n);
}

void known_add(struct known *n, struct str name, const struct directory_account *account)
{
    struct str withheld = account->imap_withheld, uidl = account->pop3_uidl;
    struct known_entry *e;
    char *p;

    if (account->is_disabled || name.n > KNOWN_NAME_MAX || map_str_get(&n->by_name, name))
        return;
    if (n->by_name.n >= KNOWN_MAX)
        drop(n, LIST_ITEM(n->by_use.next, struct known_entry, link));
    e = mem_new(sizeof(*e) + name.n + account->address.n + withheld.n + uidl.n);
    p = e->bytes;
    e->account = *account;
    e->name = put(&p, name);
    e->account.address = put(&p, account->address);
    e->account.imap_withheld = put(&p, withheld);
    e->account.pop3_uidl = put(&p, uidl);
    e->account.name = e->account.disabled = STR_NONE;
    list_add_tail(&n->by_use, &e->link);
    map_str_put(&n->by_name, e->name, e);
}

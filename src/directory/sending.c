/* What accounts and domains may hand in, what they have handed in, and whose letters are held. */
#include "directory/sql.h"

static const struct str names[SEND_LIMITS] = {
#define SEND_LIMIT(id, option, key, what) [SEND_##id] = STR(option),
#include "base/send_limits.def"
#undef SEND_LIMIT
};

enum st directory_send_limit_set(struct directory *d, bool is_domain, uint64_t of, enum send_limit which,
                                 uint64_t value)
{
    sqlite3_stmt *s;

    if (value == SEND_UNSET)
        TRY(sql_bind(d, SQL_SEND_LIMIT_REMOVE, &s, "bus", (int)is_domain, of, names[which]));
    else
        TRY(sql_bind(d, SQL_SEND_LIMIT_SET, &s, "busu", (int)is_domain, of, names[which], value));
    return sql_run(d, s, NULL);
}

enum st directory_send_limits(struct directory *d, bool is_domain, uint64_t of, struct send_limits *out)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    bool row = true;
    enum st st = sql_bind(d, SQL_SEND_LIMIT_LIST, &s, "bu", (int)is_domain, of);

    for (size_t i = 0; i < SEND_LIMITS; i++)
        out->of[i] = SEND_UNSET;
    while (st == ST_OK && (st = sql_row(d, s, &row)) == ST_OK && row) {
        struct str name = sql_text(&a, s, 0);

        for (size_t i = 0; i < SEND_LIMITS; i++) /* a name of a later version is left alone */
            if (str_eq(name, names[i]))
                out->of[i] = sql_number(s, 1);
    }
    arena_fini(&a);
    return st;
}

enum st directory_send_use_get(struct directory *d, struct arena *a, bool is_domain, uint64_t of, struct str *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_SEND_USE_GET, &s, "bu", (int)is_domain, of));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "nothing has been sent yet");
    *out = sql_bytes(a, s, 0);
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_send_use_put(struct directory *d, bool is_domain, uint64_t of, struct str use)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_SEND_USE_PUT, &s, "bux", (int)is_domain, of, use));
    return sql_run(d, s, NULL);
}

/* --- the brake --------------------------------------------------------------------------------------------------- */

enum st directory_brake_put(struct directory *d, const struct directory_brake *b)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_BRAKE_PUT, &s, "uususb", b->account, b->since_us, b->sign, b->value, b->from_afar,
                 (int)b->is_told));
    return sql_run(d, s, NULL);
}

enum st directory_brake_told(struct directory *d, uint64_t account, uint64_t since_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_BRAKE_TOLD, &s, "uu", account, since_us));
    return sql_run(d, s, NULL);
}

enum st directory_brake_remove(struct directory *d, uint64_t account, bool *out_was)
{
    sqlite3_stmt *s;
    uint64_t n;

    TRY(sql_bind(d, SQL_BRAKE_REMOVE, &s, "u", account));
    TRY(sql_run(d, s, &n));
    *out_was = n != 0;
    return ST_OK;
}

enum st directory_brake_list(struct directory *d, struct arena *a, struct directory_brake **out, size_t *out_n)
{
    struct directory_brake *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_BRAKE_LIST, &s, "u", (uint64_t)DIRECTORY_BRAKES_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            struct directory_brake *more = ARENA_ARRAY(a, struct directory_brake, cap = cap ? cap * 2 : 16);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        v[n++] = (struct directory_brake){.account = sql_number(s, 0),
                                          .address = sql_text(a, s, 1),
                                          .since_us = sql_number(s, 2),
                                          .sign = sql_text(a, s, 3),
                                          .value = sql_number(s, 4),
                                          .from_afar = sql_text(a, s, 5),
                                          .is_told = sql_number(s, 6) != 0};
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}

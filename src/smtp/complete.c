#include "smtp/complete.h"

#include "base/clock.h"
#include "base/random.h"
#include "mime/header.h"

#define SIGNATURE_MAX 16384u /* bytes of a signature that are looked at */

/* The name, with or without white space before the colon (RFC 5322 section 4.5); *out_value is what is behind it. */
static bool is_named(struct str field, struct str name, struct str *out_value)
{
    size_t colon = str_find(field, ':');

    if (colon == field.n || !str_ieq(str_trim(str_n(field.p, colon)), name))
        return false;
    *out_value = str_trim(str_from(field, colon + 1));
    return true;
}

/* "h=From : To" (RFC 6376 section 3.5): white space may stand anywhere in it. */
static void note_signed(struct completion *c, struct str list)
{
    struct str name;

    while (str_split(&list, ':', &name)) {
        name = str_trim(name);
        c->signs_date = c->signs_date || str_ieq(name, STR("Date"));
        c->signs_id = c->signs_id || str_ieq(name, STR("Message-ID"));
    }
}

static void note_signature(struct completion *c, struct arena *a, struct str value)
{
    struct str rest = mime_unfold(a, str_sub(value, 0, SIGNATURE_MAX)), tag;

    while (str_split(&rest, ';', &tag)) {
        size_t equals = str_find(tag, '=');

        if (equals < tag.n && str_eq(str_trim(str_n(tag.p, equals)), STR("h")))
            note_signed(c, str_from(tag, equals + 1));
    }
}

void completion_note(struct completion *c, struct arena *a, struct str field)
{
    struct str value;

    c->is_odd = c->is_odd || (!c->is_noted && field.n && (field.p[0] == ' ' || field.p[0] == '\t'));
    c->is_noted = true;
    if (is_named(field, STR("Date"), &value))
        c->has_date = c->has_date || value.n;
    else if (is_named(field, STR("Message-ID"), &value))
        c->has_id = c->has_id || value.n;
    else if (is_named(field, STR("DKIM-Signature"), &value))
        note_signature(c, a, value);
}

static bool adds_date(const struct completion *c)
{
    return !c->has_date && !c->signs_date && !c->is_odd;
}

static bool adds_id(const struct completion *c)
{
    return !c->has_id && !c->signs_id && !c->is_odd;
}

/* A field without anything in it gives way to the one that is added, since there may be one only (RFC 5322 section 3.6). */
bool completion_drops(const struct completion *c, struct str field, bool removes_bcc)
{
    struct str value;

    if (is_named(field, STR("Bcc"), &value) || is_named(field, STR("Resent-Bcc"), &value))
        return removes_bcc;
    if (is_named(field, STR("Date"), &value))
        return adds_date(c);
    return is_named(field, STR("Message-ID"), &value) && adds_id(c);
}

struct str completion_fields(const struct completion *c, struct arena *a, struct str host)
{
    struct str date = STR(""), id = STR("");

    if (adds_date(c))
        date = arena_printf(a, "Date: %.*s\r\n", STR_ARGS(time_rfc5322(a, clock_wall_us())));
    if (adds_id(c))
        id = arena_printf(a, "Message-ID: <%.*s@%.*s>\r\n", STR_ARGS(random_word(a, 20)), STR_ARGS(host));
    return arena_printf(a, "%.*s%.*s", STR_ARGS(date), STR_ARGS(id));
}

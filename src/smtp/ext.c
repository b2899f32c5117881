#include "smtp/ext.h"

const struct smtp_ext *const smtp_exts[] = {
#define EXT(object, ref) &object,
#include "smtp/extensions.def"
#undef EXT
};
const size_t smtp_n_exts = ARRAY_LEN(smtp_exts);

static const struct smtp_ext_param *owned(const struct smtp_ext *e, bool is_mail, struct str name)
{
    const struct smtp_ext_param *p = is_mail ? e->mail : e->rcpt;

    for (size_t i = 0; i < SMTP_EXT_PARAMS && p[i].name; i++)
        if (str_ieq(name, str_z(p[i].name)))
            return &p[i];
    return NULL;
}

static const struct smtp_ext_param *owner_of(const struct smtp_session *s, bool is_mail, struct str name)
{
    for (size_t i = 0; i < smtp_n_exts && s->extended; i++) {
        const struct smtp_ext_param *p = owned(smtp_exts[i], is_mail, name);

        if (p && smtp_exts[i]->offered(s))
            return p;
    }
    return NULL;
}

static bool is_repeated(const struct smtp_path *path, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_ieq(path->params[i].name, path->params[at].name))
            return true;
    return false;
}

static enum st deny(struct smtp_session *s, enum smtp_reply reply, struct str text) SUSPENDS
{
    TRY(smtp_refuse(s, reply, text));
    return ST_DENIED;
}

enum st smtp_ext_params(struct smtp_session *s, const struct smtp_path *path, bool is_mail, struct arena *a,
                        struct attribute *out, size_t *out_n)
{
    for (size_t i = 0; i < path->n_params; i++) {
        const struct smtp_param *p = &path->params[i];
        const struct smtp_ext_param *owner = owner_of(s, is_mail, p->name);

        if (!owner)
            return deny(s, SMTP_PARAMETER_UNKNOWN, p->name); /* RFC 5321 section 4.1.1.11 */
        if (is_repeated(path, i))
            return deny(s, SMTP_BAD_SYNTAX, STR("each parameter once"));
        TRY(owner->take(s, p));
        if (owner->remember)
            out[(*out_n)++] = (struct attribute){str_z(owner->name), arena_str(a, p->value)};
    }
    return ST_OK;
}

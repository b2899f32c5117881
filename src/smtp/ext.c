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

enum st smtp_ext_deny(struct smtp_session *s, enum smtp_reply reply, struct str text)
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
            return smtp_ext_deny(s, SMTP_PARAMETER_UNKNOWN, p->name); /* RFC 5321 section 4.1.1.11 */
        if (is_repeated(path, i))
            return smtp_ext_deny(s, SMTP_BAD_SYNTAX, STR("each parameter once"));
        TRY(owner->take(s, p));
        if (owner->remember)
            out[(*out_n)++] = (struct attribute){str_z(owner->name), arena_str(a, p->value)};
    }
    return ST_OK;
}

enum st smtp_ext_mail_end(struct smtp_session *s)
{
    for (size_t i = 0; i < smtp_n_exts; i++)
        if (smtp_exts[i]->mail_end)
            TRY(smtp_exts[i]->mail_end(s));
    return ST_OK;
}

void smtp_ext_remember(struct smtp_session *s, const char *name, struct str value)
{
    struct smtp_txn *t = &s->txn;

    must(t->n_attributes < SMTP_PARAMS_MAX); /* there are not that many kinds of them */
    t->attributes[t->n_attributes++] = (struct attribute){str_z(name), value};
}

#include "smtp/ext.h"

const struct smtp_ext *const smtp_exts[] = {
#define EXT(object, ref) &object,
#include "smtp/extensions.def"
#undef EXT
};
const size_t smtp_n_exts = ARRAY_LEN(smtp_exts);

const struct smtp_ext *smtp_ext_of_mail_param(const struct smtp_session *s, struct str name)
{
    for (size_t i = 0; i < smtp_n_exts; i++) {
        const struct smtp_ext *e = smtp_exts[i];

        if (e->mail_param && str_ieq(name, str_z(e->mail_param)) && e->offered(s))
            return e;
    }
    return NULL;
}

#include "config/user.h"

#include <pwd.h>

enum st config_user(struct str user, const char *setting, uid_t *out_uid, gid_t *out_gid)
{
    uint32_t number;
    bool is_number = str_u32(user, UINT32_MAX - 1, &number) == ST_OK;
    struct passwd *p = is_number ? getpwuid(number) : getpwnam(user.n ? user.p : "");

    if (!p && !is_number)
        return FAIL(ST_NOTFOUND, "the system has no user \"%.*s\" (setting %s)", STR_ARGS(user), setting);
    *out_uid = is_number ? number : p->pw_uid;
    *out_gid = p ? p->pw_gid : number;
    return ST_OK;
}

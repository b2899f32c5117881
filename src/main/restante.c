/* The program: which of its lives it leads this time. */
#include "admin/admin.h"
#include "admin/sendmail.h"
#include "backup/backup.h"
#include "backup/restore.h"
#include "base/version.h"
#include "doctor/doctor.h"
#include "main/forbidden.h"
#include "main/role.h"
#include "main/serve.h"
#include "transfer/transfer.h"

static int role(int argc, char **argv)
{
    return argc == 2 ? role_main(argv[1]) : EXIT_USAGE;
}

static const struct {
    const char *word;
    int (*fn)(int argc, char **argv); /* from that word on */
} lives[] = {
    {"serve", serve_main}, {"check-config", check_config_main}, {"sendmail", sendmail_main},
    {"--role", role},      {"--forbidden", forbidden_main},
};

static const struct admin_hooks hooks = {.version = RESTANTE_VERSION,
                                         .offline = &keeper_offline,
                                         .mail = transfer_main,
                                         .store_tool = box_store_tool,
                                         .backup = backup_run,
                                         .restore = restore_whole,
                                         .restore_account = restore_account,
                                         .dns = doctor_dns,
                                         .doctor = doctor_all};

/* By a link: programs call these. */
static bool is_sendmail(const char *name)
{
    const char *slash = strrchr(name, '/');

    name = slash ? slash + 1 : name;
    return strcmp(name, "sendmail") == 0 || strcmp(name, "mailq") == 0;
}

int main(int argc, char **argv)
{
    if (argc > 0 && is_sendmail(argv[0]))
        return sendmail_main(argc, argv);
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(lives); i++)
        if (strcmp(argv[1], lives[i].word) == 0)
            return lives[i].fn(argc - 1, argv + 1);
    return admin_main(argc, argv, &hooks);
}

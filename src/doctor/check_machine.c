/* What the server stands on: certificates in their files, the clock, the disk. */
#include "doctor/check.h"

#include <sys/statvfs.h>
#include <sys/timex.h>

#define EXPIRY_WARNING_DAYS 14

static void certificate(struct checkup *k, const char *check, struct str path)
{
    struct facts_certificate c;

    if (facts_certificate(path.p, &c) != ST_OK)
        report_add(k->report, FINDING_UNKNOWN, check, path, "can't be read by this user");
    else if (c.days < 0)
        report_add(k->report, FINDING_WRONG, check, path, "has expired: mail programs refuse to connect");
    else if (c.days < EXPIRY_WARNING_DAYS)
        report_add(k->report, FINDING_WRONG, check, path, "expires in %d days", c.days);
    else if (c.is_self_signed)
        report_add(k->report, FINDING_NOTE, check, path,
                   "is signed by itself: mail programs will ask whether to trust it");
    else
        report_add(k->report, FINDING_OK, check, path, "is good for %d more days", c.days);
}

enum st check_certificates(struct checkup *k, const char *check)
{
    for (size_t i = 0; i < k->d->set->tls_count; i++)
        certificate(k, check, k->d->set->tls[i].certificate);
    if (!k->d->set->tls_count)
        report_add(k->report, FINDING_WRONG, check, STR("tls"), "there is none: add a tls block to the configuration");
    return ST_OK;
}

/* The kernel knows whether somebody keeps its clock. */
enum st check_clock(struct checkup *k, const char *check)
{
    struct timex t = {0};
    int state = adjtimex(&t);

    if (state < 0)
        report_add(k->report, FINDING_UNKNOWN, check, STR("clock"), "the kernel does not say");
    else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
        report_add(k->report, FINDING_NOTE, check, STR("clock"),
                   "nothing keeps it right as far as the kernel knows: install systemd-timesyncd or chrony");
    else
        report_add(k->report, FINDING_OK, check, STR("clock"), "kept right to %ld ms", t.maxerror / 1000);
    return ST_OK;
}

enum st check_disk(struct checkup *k, const char *check)
{
    struct statvfs s;
    uint64_t free_bytes, least = k->d->set->store_min_free;

    if (statvfs(k->d->set->data.p, &s) != 0) {
        report_add(k->report, FINDING_UNKNOWN, check, k->d->set->data, "can't be looked at by this user");
        return ST_OK;
    }
    free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
    if (free_bytes < least)
        report_add(k->report, FINDING_WRONG, check, k->d->set->data,
                   "has %llu MB of free space, less than store_min_free: no mail is taken",
                   (unsigned long long)(free_bytes >> 20));
    else if (free_bytes < 4 * least)
        report_add(k->report, FINDING_NOTE, check, k->d->set->data, "has %llu MB of free space only",
                   (unsigned long long)(free_bytes >> 20));
    else if (s.f_files && s.f_favail < 1000)
        report_add(k->report, FINDING_NOTE, check, k->d->set->data, "has room for %llu more files only",
                   (unsigned long long)s.f_favail);
    else
        report_add(k->report, FINDING_OK, check, k->d->set->data, "has %llu MB of free space",
                   (unsigned long long)(free_bytes >> 20));
    return ST_OK;
}

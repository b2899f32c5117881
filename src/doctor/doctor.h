/* The command line's answers to "is it set up right?": the records that a domain wants in the DNS, whether they are there, and how the server looks
 * from outside. The questions to the DNS are the running server's; connections are made by the tool itself. */
#pragma once

#include "admin/admin.h"
#include "admin/command.h"

/* `dns` and `dkim show --check`. Prints. */
enum admin_exit doctor_dns(const struct admin_doctor *d);
/* `doctor`. Prints. */
enum admin_exit doctor_all(const struct admin_doctor *d);

/* Shared inside the room. */
#pragma once

#include "admin/command.h"
#include "transfer/client.h"
#include "transfer/report.h"

/* One command while it runs, on its coroutine. */
struct transfer {
    const struct admin_args *args;
    struct str password; /* of another server */
    struct client client;
    struct report report;
    struct arena arena;
};

enum st transfer_export(struct transfer *t) SUSPENDS MUST_USE;
enum st transfer_import(struct transfer *t) SUSPENDS MUST_USE;

/* Shared inside the room. */
#pragma once

#include "admin/command.h"
#include "transfer/client.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

/* One command while it runs, on its coroutine. */
struct transfer {
    const struct admin_args *args;        /* NULL where a source fills */
    const struct transfer_source *source; /* of transfer_put */
    struct str password;                  /* of another server */
    struct client client;
    struct report report;
    struct arena arena;
};

enum st transfer_export(struct transfer *t) SUSPENDS MUST_USE;
enum st transfer_reports(struct transfer *t) SUSPENDS MUST_USE;
enum st transfer_import(struct transfer *t) SUSPENDS MUST_USE;
enum st transfer_fill(struct transfer *t) SUSPENDS MUST_USE; /* from its source */

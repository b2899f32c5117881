/* An account as a backup has it, and as a running server does: found, and made again where it is gone. Over the administration socket. */
#pragma once

#include "backup/chosen.h"
#include "directory/directory.h"

struct account_restored {
    struct arena *arena;
    const char *socket; /* of the server */
    struct str address; /* as it was asked for */
    const struct chosen *chosen;
    const char *work; /* a directory for a copy of the backup's directory of accounts */
    struct directory *directory;
    struct directory_account account; /* in the backup */
    struct str hash;                  /* of its password */
    bool is_made;                     /* again, in the server */
    uint64_t aliases;                 /* and so many that lead to it */
    uint64_t app_passwords;           /* not made again: removing the account has revoked them, or somebody before */
    struct str *notes;                /* what could not be done */
    size_t n_notes, cap_notes;
};

/* Finds it in the backup: by its address, or by the number that the server has for this address now. ST_NOTFOUND. */
enum st account_find(struct account_restored *s) MUST_USE;
/* The server has it afterwards. ST_NOTFOUND: its domain is gone, the text says what to do. */
enum st account_have(struct account_restored *s) MUST_USE;
/* The other end of a connection that is logged in to it, IMAP. */
enum st account_open_mail(struct account_restored *s, int *out_fd) MUST_USE;
void account_note(struct account_restored *s, struct str text); /* the text must last */
void account_fini(struct account_restored *s);

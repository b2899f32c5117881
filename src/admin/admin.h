/* The command line: `restante account add ...`. It speaks to the running server over the administration socket; what
 * concerns the directory it does by itself when no server runs. Answers are JSON; people get tables made of the same JSON. */
#pragma once

#include "base/buf.h"
#include "config/settings.h"

#define ADMIN_CONFIG_DEFAULT "/etc/restante/restante.conf"

enum admin_exit {
#define EXIT(name, code, text) ADMIN_##name = (code),
#include "admin/exit.def"
#undef EXIT
};

/* Commands carried out on the data directory, whose lock the caller holds. The answer is JSON in *out. */
struct admin_offline {
    enum st (*open)(const struct settings *set, void **out);
    enum st (*run)(void *offline, const struct str *words, size_t n, struct str input, struct buf *out);
    void (*close)(void *offline); /* NULL is fine */
};
extern const struct admin_offline keeper_offline; /* in the keeper's folder */

struct admin_args;

/* On standard error when that is a terminal, else nothing. */
struct admin_bar {
    const char *what;
    unsigned percent;
    bool is_terminal;
};
void admin_bar_init(struct admin_bar *b, const char *what);
void admin_bar_show(struct admin_bar *b, uint64_t done, uint64_t total);
void admin_bar_end(struct admin_bar *b); /* takes it away */

/* In the box's folder: `check` and `rebuild` on the data directory, whose lock the caller holds. The answer is JSON in *out; progress goes
 * to standard error when that is a terminal. *out_wrong: something is not right, or was not. As root it becomes the box's
 * user, for good. */
enum st box_store_tool(const struct settings *set, const struct admin_args *args, struct buf *out, bool *out_wrong)
    MUST_USE;

/* Of the commands about backups (backup/): what they are given. */
struct admin_backup {
    const struct admin_args *args;
    const char *version;
    /* When one is to be made, else all empty: */
    const struct settings *set;
    const char *config;    /* the configuration file */
    struct str passphrase; /* of the keys; empty: without keys */
    int hold;              /* the tool's end of a pair whose other end the box has: box/hold.h */
};

/* Of the command `restore` (backup/). */
struct admin_restore {
    const struct admin_args *args;
    bool as_json;
    const struct settings *set; /* NULL with --control */
    const char *socket;         /* of the server that the mail goes into; only with --account */
};

/* Of the commands that look whether all is set up right (doctor/). */
struct admin_doctor {
    const struct admin_args *args;
    const struct settings *set;
    bool as_json;
    /* Another command's answer, of the running server or of the data directory; it lives as long as this. When that fails it has been told to
     * the user already, ST_CANCELED. */
    enum st (*ask)(void *arg, const struct str *words, size_t n, struct str *out_json);
    void *arg;
};

struct admin_hooks {
    const char *version;
    const struct admin_offline *offline;
    enum st (*store_tool)(const struct settings *set, const struct admin_args *args, struct buf *out, bool *out_wrong);
    /* A command about an account's mail: `fd` (owned from now on) is an IMAP connection that is logged in already, its tagged
     * answer to "login" first. `password` is that of another server, where one is named. Prints. */
    enum admin_exit (*mail)(const struct admin_args *args, struct str password, int fd, bool as_json);
    /* The answer is JSON in *out; progress goes to standard error when that is a terminal. *out_wrong: a backup is damaged. */
    enum st (*backup)(const struct admin_backup *b, struct buf *out, bool *out_wrong);
    /* A server out of a backup. The answer is JSON in *out; *out_wrong: something of it is damaged or lost. */
    enum st (*restore)(const struct admin_restore *r, struct buf *out, bool *out_wrong);
    enum admin_exit (*restore_account)(const struct admin_restore *r); /* into a running server; prints */
    enum admin_exit (*dns)(const struct admin_doctor *d);              /* `dns`, and `dkim show --check`; prints */
    enum admin_exit (*doctor)(const struct admin_doctor *d);           /* prints */
};

enum admin_exit admin_complain(enum st st); /* says the error on standard error; nothing when ST_CANCELED */

/* argv[0] is the program's name. Returns the exit status; prints to standard output and error. */
int admin_main(int argc, char **argv, const struct admin_hooks *hooks);

/* --- inside the room --- */
#define ADMIN_ANSWER_MAX (64u << 20)
#define ADMIN_INPUT_MAX 40000 /* of one request */

struct admin_answer {
    enum st st;
    struct str text; /* when refused; in the arena of the call */
    struct buf json;
};

/* client.c: more of what the server sends; ten minutes of silence are ST_TIMEOUT, its end ST_EOF. */
enum st admin_receive(int fd, struct buf *in, const char *when_silent, const char *when_over) MUST_USE;
/* client.c: one request over the socket, with a descriptor (or -1, the caller's in any case). ST_OK when an answer came, whatever it says. ST_NOTFOUND: nobody listens there. */
enum st admin_ask(struct arena *a, const char *socket_path, const struct str *words, size_t n, struct str input,
                  int with, struct admin_answer *out) MUST_USE;

/* The same for a command that turns the connection into another one: it is *out_fd then, the caller's. Refused, out->st says so and there is none. out->json is the caller's to free. */
enum st admin_open(struct arena *a, const char *socket_path, struct str word, struct admin_answer *out, int *out_fd)
    MUST_USE;

/* own_server.c: a server without ports for this command. ST_BUSY: it can't be; the text says why. */
struct admin_server {
    int pid; /* 0: none */
};
enum st admin_server_start(const char *config, const char *socket, struct admin_server *out) MUST_USE;
void admin_server_stop(struct admin_server *s);

/* check.c: `restante check` by the running server; *out_nobody: there is none (ST_NOTFOUND). */
enum st admin_check(struct arena *a, const char *socket_path, const struct str *words, size_t n, struct buf *json,
                    bool *out_wrong, bool *out_nobody) MUST_USE;
/* The answer of `account list --json`, with a server or without. ST_NOTFOUND: there is none. */
enum st admin_list_accounts(const char *config, struct buf *out) MUST_USE;
/* Puts addresses beside the accounts in the tables of an answer; leaves it alone when it or the list makes no sense. */
void admin_name_accounts(struct str list, struct buf *json);

/* render.c: JSON as aligned tables. ST_SYNTAX: no JSON. */
enum st admin_render(struct str json, struct buf *out) MUST_USE;

/* secret_input.c: a password from the terminal, without echo, a new one twice, or the first line of standard input. */
enum st admin_read_password(bool from_stdin, bool twice, struct arena *a, struct str *out) MUST_USE;
enum st admin_read_passphrase(bool from_stdin, bool twice, struct arena *a, struct str *out)
    MUST_USE; /* of a backup's keys */

/* help.c */
void admin_help(const struct str *words, size_t n, struct buf *out); /* of one command, of a noun, or of all */
void admin_help_verbs(struct str noun, struct buf *out);             /* what there is of a noun, without options */
void admin_manual(struct buf *out);                                  /* the man page, in man(7) */

/* make_ca.c: see there. */
enum st admin_make_ca(struct str dir, const struct str *hosts, size_t n, struct buf *out_json) MUST_USE;

/* `restante sendmail`: what programs of this machine expect of sendmail(1). It reads a letter from standard input, makes it whole, and hands it in
 * by SMTP over a connection to the administration socket, which the running server gives to a gate: who the user is it learns
 * from the kernel. It needs neither rights nor files of its own. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

/* As sysexits.h has them; programs that call sendmail go by these. */
enum sendmail_exit {
    SENDMAIL_DONE = 0,
    SENDMAIL_USAGE = 64,
    SENDMAIL_BAD_LETTER = 65,
    SENDMAIL_NO_USER = 67,
    SENDMAIL_UNAVAILABLE = 69,
    SENDMAIL_SOFTWARE = 70,
    SENDMAIL_IO = 74,
    SENDMAIL_LATER = 75,
    SENDMAIL_PROTOCOL = 76,
    SENDMAIL_NO_PERMISSION = 77,
    SENDMAIL_CONFIG = 78
};

enum sendmail_mode {
    SENDMAIL_DELIVER,
    SENDMAIL_SPEAK,     /* -bs: SMTP on standard input and output */
    SENDMAIL_LIST,      /* -bp, mailq */
    SENDMAIL_RUN_QUEUE, /* -q */
    SENDMAIL_NOTHING    /* -bi: there is no database of aliases to be made */
};

#define SENDMAIL_RCPTS_MAX 10000 /* of one letter */
#define SENDMAIL_AT_ONCE 100 /* recipients of one transaction: what every server takes (RFC 5321 section 4.5.3.1.8) */

struct sendmail_args {
    enum sendmail_mode mode;
    const char *config, *control; /* NULL: where they are by default */
    bool has_sender;
    struct str sender;    /* of -f; empty: the null path */
    struct str full_name; /* of -F */
    struct str notify, ret, envelope_id;
    bool from_header;  /* -t: recipients stand in the letter */
    bool keep_dots;    /* -i: a line with a dot alone does not end it */
    struct str *rcpts; /* as given */
    size_t n_rcpts;
};

/* `name` is what the program was called as. ST_SYNTAX with a text for people. Views of argv. */
enum st sendmail_parse(struct arena *a, const char *name, int argc, char **argv, struct sendmail_args *out) MUST_USE;

/* Whom and what the letter is made whole with. */
struct sendmail_self {
    struct str user;      /* of this machine */
    struct str full_name; /* empty: none */
    struct str host;      /* the server's own name */
    uint64_t now_us, random;
};

struct sendmail_letter {
    struct str sender; /* "": the null path */
    struct str *rcpts; /* each once, with a domain */
    size_t n_rcpts;
    struct buf text; /* as it is sent, lines end with CRLF */
    bool is_8bit, is_utf8 /* an address needs SMTPUTF8 */;
};

/* From what was read to what is sent: line ends, missing Date, Message-ID and From, without Bcc and Return-Path, recipients of arguments
 * and, with -t, of the header. ST_SYNTAX: an address that is none, or no recipients; ST_LIMIT. */
enum st sendmail_make(struct arena *a, const struct sendmail_args *args, const struct sendmail_self *self,
                      struct str input, struct sendmail_letter *out) MUST_USE;

/* --- over that connection: sendmail_talk.c --- */
struct sendmail_talk {
    int fd;
    struct buf in;
    struct arena arena; /* of the last answer */
    unsigned code;
    struct str text; /* of the last answer: its last line, behind the code */
    struct str host; /* the server's own name */
};

/* Waits for the greeting. The talk is to be ended whatever comes. */
enum st sendmail_talk_begin(struct sendmail_talk *t, int fd, struct arena *a) MUST_USE;
/* All recipients, or none of those that one transaction holds. ST_OK: the server answers for it. ST_DENIED: it said so (t->code). Errors of the
 * connection. *out_taken: recipients that have it whatever comes of the rest. *out_refused: whom the answer is about; empty: the letter. */
enum st sendmail_talk_send(struct sendmail_talk *t, const struct sendmail_args *args, const struct sendmail_letter *l,
                           size_t *out_taken, struct str *out_refused) MUST_USE;
void sendmail_talk_end(struct sendmail_talk *t);
/* Everything from `in` to the server and from it to `out`, until it has ended the connection. */
enum st sendmail_relay(int fd, int in, int out) MUST_USE;

/* The program; argv[0] is what it is called as. */
int sendmail_main(int argc, char **argv);

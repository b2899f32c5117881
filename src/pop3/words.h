/* What both lives of a connection share: lines cut into words, answers in the language that the client has chosen (LANG,
 * RFC 6856 section 3), and CAPA. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "config/settings.h"
#include "net/stream.h"

enum pop3_lang {
#define LANGUAGE(id, tag, name, chosen) POP3_##id,
#include "pop3/languages.def"
#undef LANGUAGE
    POP3_LANGUAGES
};

enum pop3_text {
#define TEXT(id, status, en, zh) POP3_TEXT_##id,
#include "pop3/texts.def"
#undef TEXT
    POP3_TEXTS
};

/* What a client has said of itself. It goes along when the connection is handed over, as text. */
struct pop3_said {
    enum pop3_lang lang;
    bool utf8; /* UTF-8 mode (RFC 6856 section 2) */
};
struct str pop3_said_put(struct arena *a, const struct pop3_said *said);
enum pop3_lang pop3_preferred(const struct settings *set);         /* "*" of LANG */
uint32_t pop3_retention(const struct settings *set, uint32_t own); /* own: of an account, base/retention.h */
void pop3_said_get(struct str text, struct pop3_said *out);        /* what can't be read is as at first */

struct pop3_line {
    struct str word; /* the command */
    struct str args; /* everything behind it and one space */
    size_t n_args;   /* words in it */
};

/* Reads a command line. ST_SYNTAX: it does not end in CR LF, or holds NUL; it has been eaten. ST_LIMIT: too long. */
enum st pop3_read_line(struct stream *s, size_t max, struct pop3_line *out) SUSPENDS MUST_USE;
struct str pop3_word(struct str *args); /* takes the next word */

/* One line: the text's status and code, and its words in that language, which say what follows. */
enum st pop3_say(struct stream *s, enum pop3_lang lang, enum pop3_text id, ...) SUSPENDS MUST_USE;

/* The rows of capabilities.def that hold only now and then. */
enum {
    CAPA_ALWAYS = 0,
    CAPA_CLEAR = 1 /* passwords are taken */,
    CAPA_STLS = 2,
    CAPA_MECHANISMS = 4,
    CAPA_LOGIN_DELAY = 8,
    CAPA_EXPIRE = 16
};
struct pop3_capa {
    unsigned have;        /* CAPA_CLEAR, CAPA_STLS */
    unsigned mechanisms;  /* what they need: enum sasl_flag */
    uint32_t delay_s;     /* 0: none */
    uint32_t expire_days; /* RETAIN_NEVER_EXPIRES: never */
    bool own_delay,
        own_expire; /* accounts differ: this is what may hold at most, or at least, before somebody has logged in */
};
/* "+OK ...", the list for these circumstances, ".". */
enum st pop3_write_capa(struct stream *s, enum pop3_lang lang, const struct pop3_capa *capa) SUSPENDS MUST_USE;

/* LANG with or without a word. *out_failed: it was refused. */
enum st pop3_run_lang(struct stream *s, struct str range, enum pop3_lang preferred, struct pop3_said *said,
                      bool *out_failed) SUSPENDS MUST_USE;
/* What is said to a word that is no command here: some are of other versions of the protocol, or of the other state. */
enum pop3_text pop3_unknown(struct str word, bool is_logged_in);

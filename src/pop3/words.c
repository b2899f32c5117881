#include "pop3/words.h"

#include "base/retention.h"
#include "sasl/sasl.h"

#include <stdarg.h>
#include <stdio.h>

#define SAY_MOST 512 /* bytes of one answer (RFC 2449 section 4) */

struct str pop3_word(struct str *args)
{
    struct str rest = str_trim(*args), word = str_n(rest.p, str_find(rest, ' '));

    *args = str_trim(str_from(rest, word.n));
    return word;
}

enum st pop3_read_line(struct stream *s, size_t max, struct pop3_line *out)
{
    struct str line, rest;

    TRY(stream_line(s, max, &line));
    if (!str_ends(line, STR("\r\n")) || str_find(line, '\0') < line.n)
        return FAIL(ST_SYNTAX, "lines end with CR LF");
    line.n -= 2;
    out->word = str_n(line.p, str_find(line, ' '));
    out->args = str_from(line, out->word.n + 1);
    out->n_args = 0;
    for (rest = out->args; pop3_word(&rest).n;)
        out->n_args++;
    return ST_OK;
}

/* --- texts ------------------------------------------------------------------------------------------------ */

static const struct {
    const char *status, *text[POP3_LANGUAGES];
} texts[] = {
#define TEXT(id, status, en, zh) {status, {en, zh}},
#include "pop3/texts.def"
#undef TEXT
};

static const struct language {
    struct str tag;
    const char *name, *chosen;
} languages[] = {
#define LANGUAGE(id, tag, name, chosen) {STR(tag), name, chosen},
#include "pop3/languages.def"
#undef LANGUAGE
};

/* The unit test has it that all languages convert the same. */
enum st pop3_say(struct stream *s, enum pop3_lang lang, enum pop3_text id, ...)
{
    char line[SAY_MOST];
    va_list ap;
    int n = snprintf(line, sizeof line, "%s ", texts[id].status);

    va_start(ap, id);
    vsnprintf(line + n, sizeof line - (size_t)n - 2, texts[id].text[lang], ap);
    va_end(ap);
    return stream_writef(s, "%s\r\n", line);
}

struct str pop3_said_put(struct arena *a, const struct pop3_said *said)
{
    return arena_printf(a, "%s %.*s", said->utf8 ? "UTF8" : "ASCII", STR_ARGS(languages[said->lang].tag));
}

void pop3_said_get(struct str text, struct pop3_said *out)
{
    struct str mode = pop3_word(&text);

    *out = (struct pop3_said){.utf8 = str_eq(mode, STR("UTF8"))};
    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        if (str_eq(text, languages[i].tag))
            out->lang = (enum pop3_lang)i;
}

enum pop3_lang pop3_preferred(const struct settings *set)
{
    return set->notice_language == LANGUAGE_ZH ? POP3_ZH : POP3_EN;
}

uint32_t pop3_retention(const struct settings *set, uint32_t own)
{
    uint32_t retention = own;

    if (own == RETAIN_DEFAULT && retention_parse(set->pop3_retention, false, &retention) != ST_OK)
        return RETAIN_KEEP; /* the settings were checked: it is another word of a later version */
    return retention;
}

/* RFC 4647 section 3.4 (lookup): "zh-Hant-CN" finds "zh". */
static bool find_language(struct str range, enum pop3_lang *out)
{
    for (; range.n; range = str_sub(range, 0, str_rfind(range, '-') < range.n ? str_rfind(range, '-') : 0))
        for (size_t i = 0; i < ARRAY_LEN(languages); i++)
            if (str_ieq(range, languages[i].tag)) {
                *out = (enum pop3_lang)i;
                return true;
            }
    return false;
}

static enum st list_languages(struct stream *s, enum pop3_lang lang) SUSPENDS
{
    TRY(pop3_say(s, lang, POP3_TEXT_LANGUAGES));
    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        TRY(stream_writef(s, "%s %s\r\n", languages[i].tag.p, languages[i].name));
    return stream_write(s, STR(".\r\n"));
}

enum st pop3_run_lang(struct stream *s, struct str range, enum pop3_lang preferred, struct pop3_said *said,
                      bool *out_failed)
{
    enum pop3_lang chosen = preferred;

    *out_failed = false;
    if (!range.n)
        return list_languages(s, said->lang);
    if (!str_eq(range, STR("*")) && !find_language(range, &chosen)) {
        *out_failed = true;
        return pop3_say(s, said->lang, POP3_TEXT_NO_LANGUAGE);
    }
    said->lang = chosen;
    return stream_writef(s, "+OK %s %s\r\n", languages[chosen].tag.p, languages[chosen].chosen);
}

/* --- words that are no commands here -------------------------------------------------------------------------- */

enum pop3_text pop3_unknown(struct str word, bool is_logged_in)
{
    static const struct {
        struct str word;
        bool is_logged_in; /* it is a command then */
    } rows[] = {
#define CMD(word, fn, least, most, syntax, ref) {STR(#word), true},
#include "pop3/commands.def"
#undef CMD
#define CMD(word, fn, least, most, syntax, ref) {STR(#word), false},
#include "pop3/login_commands.def"
#undef CMD
    };

    if (str_ieq(word, STR("LAST"))) /* RFC 1460 */
        return POP3_TEXT_NO_LAST;
    if (str_ieq(word, STR("XTND"))) /* RFC 1082 */
        return POP3_TEXT_NO_XTND;
    if (str_ieq(word, STR("APOP")))
        return POP3_TEXT_NO_APOP;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].is_logged_in != is_logged_in && str_ieq(word, rows[i].word))
            return is_logged_in ? POP3_TEXT_IS_LOGGED_IN : POP3_TEXT_LOG_IN_FIRST;
    return POP3_TEXT_UNKNOWN;
}

/* --- CAPA ------------------------------------------------------------------------------------------------------- */

static bool is_told(unsigned when, const struct pop3_capa *c)
{
    if (when & CAPA_LOGIN_DELAY)
        return c->delay_s > 0;
    return when == CAPA_ALWAYS || when & CAPA_EXPIRE || when & c->have;
}

static void add_row(struct buf *b, const char *line, unsigned when, const struct pop3_capa *c)
{
    buf_addz(b, line);
    if (when & CAPA_MECHANISMS)
        sasl_offer(b, c->mechanisms);
    if (when & CAPA_LOGIN_DELAY)
        buf_addf(b, " %u%s", c->delay_s, c->own_delay ? " USER" : "");
    if (when & CAPA_EXPIRE && c->expire_days == RETAIN_NEVER_EXPIRES)
        buf_addf(b, " NEVER%s", c->own_expire ? " USER" : "");
    else if (when & CAPA_EXPIRE)
        buf_addf(b, " %u%s", c->expire_days, c->own_expire ? " USER" : "");
    buf_addz(b, "\r\n");
}

enum st pop3_write_capa(struct stream *s, enum pop3_lang lang, const struct pop3_capa *capa)
{
    static const struct {
        const char *line;
        unsigned when;
    } rows[] = {
#define CAPA_ROW(line, when, ref) {line, when},
#include "pop3/capabilities.def"
#undef CAPA_ROW
    };

    struct buf list;
    enum st st;

    TRY(pop3_say(s, lang, POP3_TEXT_CAPABILITIES));
    buf_init(&list, 1000);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (is_told(rows[i].when, capa))
            add_row(&list, rows[i].line, rows[i].when, capa);
    buf_addz(&list, ".\r\n");
    st = stream_write(s, buf_str(&list));
    buf_fini(&list);
    return st;
}

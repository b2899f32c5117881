#include "mime/html_text.h"
#include "mime/charset.h"
#include "mime/utf8.h"

#include <stdlib.h>

/* --- entities ------------------------------------------------------------------------------------------------------ */

static const struct entity {
    const char *name;
    uint32_t character;
} entities[] = {
#define ENTITY(name, character) {name, character},
#include "mime/html_entities.def"
#undef ENTITY
};

static int by_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct entity *)row)->name);
}

/* Numbers from 128 to 159 are meant as bytes of windows-1252 (HTML, 13.2.5.80). */
static uint32_t from_windows(uint32_t c)
{
    char byte = (char)c;
    struct buf b;

    buf_init(&b, 16);
    charset_to_utf8(charset_find(STR("windows-1252")), str_n(&byte, 1), &b);
    c = b.n && utf8_len(buf_str(&b), 0) <= b.n ? utf8_get(buf_str(&b), 0, utf8_len(buf_str(&b), 0)) : 0xfffd;
    buf_fini(&b);
    return c;
}

/* "#38", "#x26"; 0: it is no number of a character. */
static uint32_t number_of(struct str text)
{
    bool hex = text.n > 1 && (text.p[1] | 0x20) == 'x';
    uint32_t c = 0;

    for (size_t i = hex ? 2 : 1; i < text.n; i++) {
        char d = text.p[i];
        bool is_digit = ascii_is_digit(d), is_hex = hex && (d | 0x20) >= 'a' && (d | 0x20) <= 'f';

        if (!is_digit && !is_hex)
            return 0;
        c = c * (hex ? 16 : 10) + (uint32_t)(is_digit ? d - '0' : (d | 0x20) - 'a' + 10);
        if (c > 0x10ffff)
            return 0xfffd;
    }
    return c >= 0x80 && c <= 0x9f ? from_windows(c) : c;
}

static uint32_t character_of(struct html_text *h)
{
    const struct entity *row;

    h->entity[h->entity_n] = '\0';
    if (h->entity[0] == '#')
        return number_of(str_n(h->entity, h->entity_n));
    row = bsearch(h->entity, entities, ARRAY_LEN(entities), sizeof *entities, by_name);
    return row ? row->character : 0;
}

static bool is_hidden(const struct html_text *h)
{
    return h->skip || h->quoted;
}

/* `end`: the ";", or what else stands there. What is no entity is text. */
static void entity_end(struct html_text *h, bool closed)
{
    uint32_t c = h->entity_n ? character_of(h) : 0;

    h->state = HTML_TEXT;
    if (is_hidden(h))
        return;
    if (c) {
        gist_put(h->g, c);
        return;
    }
    gist_put(h->g, '&');
    gist_puts(h->g, str_n(h->entity, h->entity_n));
    if (closed)
        gist_put(h->g, ';');
}

/* True: the character belongs to it. */
static bool entity_feed(struct html_text *h, char c)
{
    if (c == ';') {
        entity_end(h, true);
        return true;
    }
    if ((ascii_is_alnum(c) || (c == '#' && !h->entity_n)) && h->entity_n < sizeof h->entity - 1) {
        h->entity[h->entity_n++] = c;
        return true;
    }
    entity_end(h, false);
    return false;
}

/* --- tags ----------------------------------------------------------------------------------------------------------- */

/* Within a line of text; all others break it. */
static const struct str inline_tags[] = {
    STR("a"),   STR("abbr"), STR("b"),    STR("bdi"),   STR("bdo"),  STR("big"), STR("cite"),   STR("code"),
    STR("del"), STR("em"),   STR("font"), STR("i"),     STR("ins"),  STR("kbd"), STR("mark"),   STR("o:p"),
    STR("q"),   STR("s"),    STR("samp"), STR("small"), STR("span"), STR("st1"), STR("strike"), STR("strong"),
    STR("sub"), STR("sup"),  STR("tt"),   STR("u"),     STR("var"),  STR("wbr")};
/* What they hold is not text of the letter. The first of them hold no markup either. */
static const struct str skipped_tags[] = {STR("script"), STR("style"),    STR("title"),  STR("textarea"),
                                          STR("head"),   STR("template"), STR("select"), STR("svg"),
                                          STR("math"),   STR("noframes")};
#define RAW_TAGS 4

/* How mail programs mark where the earlier letter begins that is answered. */
static const struct str quote_marks[] = {STR("gmail_quote"),  STR("moz-cite-prefix"), STR("divRplyFwdMsg"),
                                         STR("yahoo_quoted"), STR("appendonsend"),    STR("protonmail_quote")};

static const struct str *find_name(struct str name, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name.n == list[i].n && str_ieq(name, list[i]))
            return &list[i];
    return NULL;
}

static bool has_mark(struct str tag)
{
    for (size_t i = 0; i < ARRAY_LEN(quote_marks); i++)
        if (str_search(tag, quote_marks[i]) < tag.n)
            return true;
    return false;
}

static bool is_raw(const struct html_text *h)
{
    return h->skip && h->skip < skipped_tags + RAW_TAGS;
}

static void blockquote(struct html_text *h, struct str tag, bool closes)
{
    if (h->all)
        return;
    if (closes && h->quoted)
        h->quoted--;
    else if (!closes && (h->quoted || str_search(tag, STR("cite")) < tag.n || str_search(tag, STR("quote\"")) < tag.n))
        h->quoted++;
}

static void end_skipped(struct html_text *h, struct str name, bool closes)
{
    bool is_head = str_eq(*h->skip, STR("head"));

    if ((closes && str_ieq(name, *h->skip)) || (is_head && !closes && str_ieq(name, STR("body"))))
        h->skip = NULL;
}

static void tag_end(struct html_text *h)
{
    struct str tag = str_n(h->tag, h->tag_n), name;
    bool closes = tag.n && tag.p[0] == '/', empty = h->last == '/' && !closes;
    size_t n = 0;

    h->state = HTML_TEXT;
    name = str_from(tag, closes);
    while (n < name.n && (ascii_is_alnum(name.p[n]) || name.p[n] == ':' || name.p[n] == '-'))
        n++;
    name.n = n;
    if (h->skip) {
        end_skipped(h, name, closes);
        return;
    }
    if (str_ieq(name, STR("blockquote")))
        blockquote(h, str_from(tag, n), closes);
    if (!closes && !empty && !(h->all && str_ieq(name, STR("head"))))
        h->skip = find_name(name, skipped_tags, ARRAY_LEN(skipped_tags));
    if (!h->all && !closes && h->g->chars && has_mark(tag))
        h->stop = true;
    if (!is_hidden(h) && !find_name(name, inline_tags, ARRAY_LEN(inline_tags)))
        gist_put(h->g, ' ');
}

static void tag_begin(struct html_text *h)
{
    h->state = HTML_TAG;
    h->tag_n = 0;
    h->quote = h->last = 0;
}

static bool may_begin_tag(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? true : c == '/' || c == '!' || c == '?';
}

/* True: the character belongs to it. */
static bool tag_feed(struct html_text *h, char c)
{
    if (!h->last && !may_begin_tag(c)) { /* "a < b" */
        h->state = HTML_TEXT;
        if (!is_hidden(h))
            gist_put(h->g, '<');
        return false;
    }
    if (is_raw(h) && c == '<') {
        tag_begin(h);
        return true;
    }
    if (h->quote) {
        h->quote = c == h->quote ? 0 : h->quote;
    } else if ((c == '"' || c == '\'') && h->last == '=' && !is_raw(h)) {
        h->quote = c;
    } else if (c == '>') {
        tag_end(h);
        return true;
    }
    if (h->tag_n < sizeof h->tag)
        h->tag[h->tag_n++] = c;
    if ((unsigned char)c > ' ')
        h->last = c;
    if (h->tag_n == 3 && memcmp(h->tag, "!--", 3) == 0) {
        h->state = HTML_COMMENT;
        h->dashes = 0;
    }
    return true;
}

/* --- text ----------------------------------------------------------------------------------------------------------- */

/* Takes a character of text; gives its length. */
static size_t text_feed(struct html_text *h, struct str s, size_t at)
{
    size_t len = utf8_len(s, at);

    if (s.p[at] == '<') {
        tag_begin(h);
        return 1;
    }
    if (s.p[at] == '&') {
        h->state = HTML_ENTITY;
        h->entity_n = 0;
        return 1;
    }
    if (!len || len > s.n - at)
        return 1;
    if (!is_hidden(h))
        gist_put(h->g, utf8_get(s, at, len));
    return len;
}

void html_text_init(struct html_text *h, struct gist *g, bool all)
{
    *h = (struct html_text){.g = g, .all = all};
}

void html_text_feed(struct html_text *h, struct str s)
{
    size_t at = 0;

    while (at < s.n && !h->stop && !gist_is_full(h->g)) {
        char c = s.p[at];

        switch (h->state) {
        case HTML_TEXT: at += text_feed(h, s, at); break;
        case HTML_ENTITY: at += entity_feed(h, c); break;
        case HTML_TAG: at += tag_feed(h, c); break;
        case HTML_COMMENT:
            at++;
            if (c == '>' && h->dashes >= 2)
                h->state = HTML_TEXT;
            h->dashes = c == '-' ? h->dashes + 1 : 0;
            break;
        }
    }
}

void html_text_end(struct html_text *h)
{
    if (h->state == HTML_ENTITY)
        entity_end(h, false);
}

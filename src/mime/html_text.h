/* The text of HTML as it would be read, without markup: what scripts, styles and the head hold is left out, so is what is
 * quoted of an earlier letter. It knows no documents, only tags: whatever it is fed, it ends and gives some text.
 * Private to the room. */
#pragma once

#include "mime/gist.h"

struct html_text {
    struct gist *g;
    bool all;  /* what is quoted, and the head, too */
    bool stop; /* nothing of use follows */
    enum { HTML_TEXT, HTML_ENTITY, HTML_TAG, HTML_COMMENT } state;
    char tag[256]; /* its first bytes, without "<" */
    size_t tag_n;
    char quote;      /* of an attribute's value; 0: in none */
    char last;       /* character of the tag that is no blank */
    unsigned dashes; /* at the end of a comment, perhaps */
    char entity[16]; /* behind "&" */
    size_t entity_n;
    const struct str *skip; /* the element whose content is left out; NULL: none */
    unsigned quoted;        /* depth of quotations */
};

void html_text_init(struct html_text *h, struct gist *g, bool all);
void html_text_feed(struct html_text *h, struct str utf8); /* whole characters */
void html_text_end(struct html_text *h);

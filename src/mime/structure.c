/* From headers to IMAP's strings (RFC 3501 section 9: envelope, body). Values go out as the letter
 * has them, unfolded, not decoded. Strings of a part are written when its header has been read, and
 * put together when the letter is complete. */
#include "mime/structure.h"
#include "base/rec.h"
#include "mime/address.h"
#include "mime/casefold.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/lex.h"
#include "mime/param.h"
#include "mime/subject.h"

#include "base/must.h"

enum field {
    F_DATE,
    F_SUBJECT,
    F_FROM,
    F_SENDER,
    F_REPLY_TO,
    F_TO,
    F_CC,
    F_BCC,
    F_IN_REPLY_TO,
    F_MESSAGE_ID,
    F_REFERENCES,
    F_TYPE,
    F_ENCODING,
    F_ID,
    F_DESCRIPTION,
    F_MD5,
    F_DISPOSITION,
    F_LANGUAGE,
    F_LOCATION,
    F_COUNT
};

static const struct str field_names[F_COUNT] = {
    STR("Date"),
    STR("Subject"),
    STR("From"),
    STR("Sender"),
    STR("Reply-To"),
    STR("To"),
    STR("Cc"),
    STR("Bcc"),
    STR("In-Reply-To"),
    STR("Message-ID"),
    STR("References"),
    STR("Content-Type"),
    STR("Content-Transfer-Encoding"),
    STR("Content-ID"),
    STR("Content-Description"),
    STR("Content-MD5"),
    STR("Content-Disposition"),
    STR("Content-Language"),
    STR("Content-Location"),
};

/* Folded values; p is NULL for a field that is not there. */
struct fields {
    struct str v[F_COUNT];
};

static bool is_address_field(size_t f)
{
    return f >= F_FROM && f <= F_BCC;
}

/* The first of each name counts; of address fields, that should stand once too, all. */
static void collect(struct fields *out, struct arena *a, struct str header)
{
    struct mime_field f;

    *out = (struct fields){0};
    for (size_t pos = 0; mime_header_next(header, &pos, &f);)
        for (size_t i = 0; i < F_COUNT; i++) {
            if (f.name.n != field_names[i].n || !str_ieq(f.name, field_names[i]))
                continue;
            if (!out->v[i].p)
                out->v[i] = f.value;
            else if (is_address_field(i) && out->v[i].n + f.value.n < MIME_ENVELOPE_LIST)
                out->v[i] = arena_printf(a, "%.*s,%.*s", STR_ARGS(out->v[i]), STR_ARGS(f.value));
            break;
        }
}

/* --- strings --- */

static bool needs_literal(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] & 0x80) || s.p[i] == '\r' || s.p[i] == '\n')
            return true;
    return false;
}

static void put_quoted(struct buf *out, struct str s)
{
    buf_addc(out, '"');
    while (s.n) {
        size_t n = 0;

        while (n < s.n && s.p[n] != '"' && s.p[n] != '\\')
            n++;
        buf_add(out, str_n(s.p, n));
        if (n < s.n) {
            char two[2] = {'\\', s.p[n++]};

            buf_add(out, str_n(two, 2));
        }
        s = str_from(s, n);
    }
    buf_addc(out, '"');
}

/* A string of at most MIME_ENVELOPE_STRING bytes. There are no NULs in it: nobody takes them from a header. */
static void put_string(struct buf *out, struct str s)
{
    s.n = MIN(s.n, MIME_ENVELOPE_STRING);
    if (!needs_literal(s)) {
        put_quoted(out, s);
        return;
    }
    buf_addc(out, '{');
    buf_add_u64(out, s.n);
    buf_add(out, STR("}\r\n"));
    buf_add(out, s);
}

static void put_nstring(struct buf *out, struct str s)
{
    if (s.p)
        put_string(out, s);
    else
        buf_add(out, STR("NIL"));
}

static void put_unfolded(struct buf *out, struct arena *a, struct str folded)
{
    put_nstring(out, folded.p ? mime_unfold(a, folded) : STR_NONE);
}

/* NIL for an empty string: parts of an address. */
static void put_part(struct buf *out, struct str s)
{
    put_nstring(out, s.n ? s : STR_NONE);
}

/* --- ENVELOPE --- */

static void put_address(struct buf *out, const struct mime_address *m)
{
    buf_addc(out, '(');
    if (m->kind == MIME_ADDR_GROUP_END) {
        buf_add(out, STR("NIL NIL NIL NIL)"));
        return;
    }
    if (m->kind == MIME_ADDR_GROUP_BEGIN) {
        buf_add(out, STR("NIL NIL "));
        put_string(out, m->name);
        buf_add(out, STR(" NIL)"));
        return;
    }
    put_part(out, m->name);
    buf_addc(out, ' ');
    put_part(out, m->route);
    buf_addc(out, ' ');
    put_string(out, m->local); /* NIL here or for the host would say that it is a group */
    buf_addc(out, ' ');
    put_string(out, m->domain);
    buf_addc(out, ')');
}

/* " (...)" or " NIL". False when there is no address. */
static bool put_addresses(struct buf *out, struct arena *a, struct str value, size_t most)
{
    struct mime_address_iter it;
    struct mime_address m;
    size_t start = out->n;
    bool in_group = false;

    mime_address_begin(&it, a, value);
    while (mime_address_next(&it, &m)) {
        buf_add(out, out->n == start ? STR(" (") : STR(""));
        in_group = m.kind == MIME_ADDR_GROUP_BEGIN || (in_group && m.kind != MIME_ADDR_GROUP_END);
        put_address(out, &m);
        if (out->n - start >= most)
            break;
    }
    if (out->n == start) {
        buf_add(out, STR(" NIL"));
        return false;
    }
    if (in_group)
        put_address(out, &(struct mime_address){.kind = MIME_ADDR_GROUP_END});
    buf_addc(out, ')');
    return true;
}

/* RFC 3501 7.4.2: Sender and Reply-To default to From when absent or empty. */
static void put_envelope(struct buf *out, struct arena *a, const struct fields *f)
{
    static const enum field rest[] = {F_TO, F_CC, F_BCC};

    buf_addc(out, '(');
    put_unfolded(out, a, f->v[F_DATE]);
    buf_addc(out, ' ');
    put_unfolded(out, a, f->v[F_SUBJECT]);
    for (size_t i = F_FROM; i <= F_REPLY_TO; i++) {
        size_t start = out->n;

        if (!put_addresses(out, a, f->v[i], MIME_ENVELOPE_FEW) && i != F_FROM) {
            out->n = start;
            put_addresses(out, a, f->v[F_FROM], MIME_ENVELOPE_FEW);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(rest); i++)
        put_addresses(out, a, f->v[rest[i]], rest[i] == F_BCC ? MIME_ENVELOPE_FEW : MIME_ENVELOPE_LIST);
    buf_addc(out, ' ');
    put_unfolded(out, a, f->v[F_IN_REPLY_TO]);
    buf_addc(out, ' ');
    put_unfolded(out, a, f->v[F_MESSAGE_ID]);
    buf_addc(out, ')');
}

/* --- a part's header --- */

static void put_params(struct buf *out, const struct mime_params *params)
{
    if (params->n == 0) {
        buf_add(out, STR("NIL"));
        return;
    }
    for (size_t i = 0; i < params->n; i++) {
        buf_addc(out, i ? ' ' : '(');
        put_string(out, params->list[i].name);
        buf_addc(out, ' ');
        put_string(out, params->list[i].value);
    }
    buf_addc(out, ')');
}

static void put_disposition(struct buf *out, const struct mime_disposition *d)
{
    if (!d->kind.n) {
        buf_add(out, STR(" NIL"));
        return;
    }
    buf_add(out, STR(" ("));
    put_string(out, d->kind);
    buf_addc(out, ' ');
    put_params(out, &d->params);
    buf_addc(out, ')');
}

/* RFC 3282: tags parted by commas. One is a string, several are a list. */
static void put_languages(struct buf *out, struct arena *a, struct str value)
{
    struct str rest = value.p ? mime_unfold(a, value) : STR_NONE, tag;
    bool list = str_find(rest, ',') < rest.n, any = false;

    while (str_split(&rest, ',', &tag)) {
        tag = str_trim(str_from(tag, mime_skip_cfws(tag, 0)));
        for (size_t i = 0; i < tag.n; i++)
            if (tag.p[i] == ' ' || tag.p[i] == '(')
                tag.n = i;
        if (tag.n == 0)
            continue;
        buf_add(out, !list ? STR(" ") : any ? STR(" ") : STR(" ("));
        put_string(out, tag);
        any = true;
    }
    buf_add(out, !any ? STR(" NIL") : list ? STR(")") : STR(""));
}

/* " disposition language location", the end of the extension data of either kind */
static void put_extension_end(struct buf *out, struct arena *a, const struct fields *f,
                              const struct mime_disposition *d)
{
    put_disposition(out, d);
    put_languages(out, a, f->v[F_LANGUAGE]);
    buf_addc(out, ' ');
    put_unfolded(out, a, f->v[F_LOCATION]);
}

/* The word of Content-Transfer-Encoding, and what it means. */
static struct str read_encoding(struct str value, enum mime_encoding *out)
{
    static const struct str names[] = {STR("7bit"), STR("8bit"), STR("binary"), STR("quoted-printable"), STR("base64")};
    size_t at = mime_skip_cfws(value, 0), end = at;

    while (end < value.n && !ascii_is_space(value.p[end]) && value.p[end] != '(' && value.p[end] != ';' && value.p[end])
        end++;
    value = str_sub(value, at, end - at);
    *out = MIME_7BIT;
    if (value.n == 0)
        return STR("7bit");
    for (size_t i = 0; i < ARRAY_LEN(names); i++, *out = (enum mime_encoding)i)
        if (str_ieq(value, names[i]))
            return value;
    *out = MIME_OTHER;
    return value;
}

/* Content-Type, or what applies without it: text, in a digest a letter (RFC 2045 5.2, 2046 5.1.5). */
static struct mime_content_type read_type(const struct mime_scan_part *p, struct arena *a, struct str value)
{
    static const struct mime_param ascii[] = {{STR("charset"), STR("us-ascii")}};
    struct mime_content_type t;

    if (value.p && mime_content_type_parse(a, value, &t))
        return t;
    if (p->in_digest && !value.p)
        return (struct mime_content_type){STR("message"), STR("rfc822"), {NULL, 0}};
    return (struct mime_content_type){STR("text"), STR("plain"), {ascii, 1}};
}

/* Sets the flags and changes the type where it can't be what it says. */
static void classify(struct mime_scan_part *p, struct mime_content_type *t, bool may_nest, struct str *out_boundary)
{
    bool multipart = str_ieq(t->type, STR("multipart"));
    bool message = str_ieq(t->type, STR("message")) &&
                   (str_ieq(t->subtype, STR("rfc822")) || (p->global_nests && str_ieq(t->subtype, STR("global"))));
    struct str boundary = multipart ? str_trim(mime_param_raw(&t->params, STR("boundary"))) : STR_NONE;

    if ((multipart || message) && !may_nest) {
        *t = (struct mime_content_type){STR("application"), STR("octet-stream"), {NULL, 0}};
        return;
    }
    if (multipart && (boundary.n == 0 || boundary.n > MIME_BOUNDARY_MAX)) {
        *t = read_type(&(struct mime_scan_part){0}, NULL, STR_NONE);
        multipart = false;
    }
    if (multipart) {
        p->flags |= MIME_PART_MULTIPART;
        p->is_digest = str_ieq(t->subtype, STR("digest"));
        *out_boundary = boundary;
    } else if (message) {
        p->flags |= MIME_PART_MESSAGE;
    } else if (str_ieq(t->type, STR("text"))) {
        p->flags |= MIME_PART_TEXT;
        if (str_ieq(t->subtype, STR("html")))
            p->flags |= MIME_PART_HTML;
    }
}

static void put_leaf_head(struct buf *text, struct arena *a, const struct mime_content_type *t, const struct fields *f,
                          struct str encoding)
{
    put_string(text, t->type);
    buf_addc(text, ' ');
    put_string(text, t->subtype);
    buf_addc(text, ' ');
    put_params(text, &t->params);
    buf_addc(text, ' ');
    put_unfolded(text, a, f->v[F_ID]);
    buf_addc(text, ' ');
    put_unfolded(text, a, f->v[F_DESCRIPTION]);
    buf_addc(text, ' ');
    put_string(text, encoding);
}

static struct mime_span span_since(const struct buf *text, size_t start)
{
    return (struct mime_span){(uint32_t)start, (uint32_t)(text->n - start)};
}

void mime_structure_read(struct mime_scan_part *p, struct str header, bool may_nest, struct arena *out_arena,
                         struct buf *text, struct str *out_boundary)
{
    struct arena tmp = ARENA_INIT, *a = &tmp;
    struct fields f;
    struct mime_content_type t;
    struct mime_disposition d = {0};
    struct str encoding, boundary = STR_NONE;
    enum mime_encoding e;
    size_t start = text->n, at = start;

    collect(&f, a, header);
    t = read_type(p, a, f.v[F_TYPE]);
    classify(p, &t, may_nest, &boundary);
    encoding = read_encoding(f.v[F_ENCODING], &e);
    p->encoding = (uint8_t)e;
    if (f.v[F_DISPOSITION].p)
        mime_disposition_parse(a, f.v[F_DISPOSITION], &d);
    if (str_ieq(d.kind, STR("attachment")) || mime_param_raw(&d.params, STR("filename")).p ||
        mime_param_raw(&d.params, STR("filename*")).p)
        p->flags |= MIME_PART_ATTACHMENT;

    if (p->flags & MIME_PART_MULTIPART)
        put_string(text, t.subtype);
    else
        put_leaf_head(text, a, &t, &f, encoding);
    p->head = span_since(text, at);
    at = text->n;
    buf_addc(text, ' ');
    if (p->flags & MIME_PART_MULTIPART)
        put_params(text, &t.params);
    else
        put_unfolded(text, a, f.v[F_MD5]);
    put_extension_end(text, a, &f, &d);
    p->extension = span_since(text, at);
    at = text->n;
    if (p->is_letter && p->header_start) /* the outermost letter's stands by itself */
        put_envelope(text, a, &f);
    p->envelope = span_since(text, at);
    if (text->over) { /* no room for what this part says: it is shown without */
        text->n = start;
        text->over = false;
        p->head = p->extension = p->envelope = (struct mime_span){(uint32_t)start, 0};
    }
    if (boundary.n)
        *out_boundary = arena_str(out_arena, boundary);
    arena_fini(&tmp);
}

/* --- the record --- */

struct writer {
    const struct mime_structure *m;
    struct buf *out;              /* BODYSTRUCTURE */
    struct mime_span *extensions; /* where each part's stands in it */
};

static struct str text_at(const struct writer *w, struct mime_span span)
{
    return str_sub(w->m->text, span.at, span.n);
}

/* Parts without strings were too many or too long; what is shown is still right in form. */
static struct str head_of(const struct writer *w, const struct mime_scan_part *p)
{
    if (p->head.n)
        return text_at(w, p->head);
    if (p->flags & MIME_PART_MULTIPART)
        return STR("\"mixed\"");
    if (p->flags & MIME_PART_MESSAGE)
        return STR("\"message\" \"rfc822\" NIL NIL NIL \"7bit\"");
    if (p->flags & MIME_PART_TEXT)
        return STR("\"text\" \"plain\" NIL NIL NIL \"7bit\"");
    return STR("\"application\" \"octet-stream\" NIL NIL NIL \"7bit\"");
}

static void put_number(struct buf *out, uint32_t v)
{
    buf_addc(out, ' ');
    buf_add_u64(out, v);
}

/* Calls itself for each level of nesting: LIMIT_MIME_DEPTH at most. */
static void put_body(const struct writer *w, size_t i)
{
    const struct mime_scan_part *p = &w->m->parts[i];
    struct buf *out = w->out;
    struct str envelope;

    buf_addc(out, '(');
    if (p->flags & MIME_PART_MULTIPART) {
        for (size_t c = i + 1; c < p->next; c = w->m->parts[c].next)
            put_body(w, c);
        if (p->next == i + 1) /* the grammar wants one */
            buf_add(out, STR("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"));
        buf_addc(out, ' ');
        buf_add(out, head_of(w, p));
    } else {
        buf_add(out, head_of(w, p));
        put_number(out, p->body_end - p->body_start);
    }
    if (p->flags & MIME_PART_MESSAGE) {
        envelope = text_at(w, p[1].envelope);
        buf_addc(out, ' ');
        buf_add(out, envelope.n ? envelope : STR("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"));
        buf_addc(out, ' ');
        put_body(w, i + 1);
    }
    if (p->flags & (MIME_PART_MESSAGE | MIME_PART_TEXT))
        put_number(out, p->lines);
    w->extensions[i].at = (uint32_t)out->n;
    buf_add(out, p->head.n ? text_at(w, p->extension) : STR(" NIL NIL NIL NIL"));
    w->extensions[i].n = (uint32_t)out->n - w->extensions[i].at;
    buf_addc(out, ')');
}

/* Without white space, and as if nothing had been quoted: RFC 5256 section 3 wants <"a"@b> and <a@b> to be the same. */
static struct str plain_id(struct arena *a, struct str id)
{
    char *p = arena_alloc(a, id.n + 1);
    bool quoted = false;
    size_t n = 0;

    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] == '"')
            quoted = !quoted;
        else if (quoted && id.p[i] == '\\' && i + 1 < id.n)
            p[n++] = id.p[++i];
        else if (!ascii_is_space(id.p[i]))
            p[n++] = id.p[i];
    }
    return str_n(p, n);
}

/* The next message id at *rest: what stands between angle brackets. Nothing between them is none. */
static bool next_id(struct arena *a, struct str *rest, struct str *out_id)
{
    do {
        size_t from = str_find(*rest, '<') + 1, n = str_find(str_from(*rest, from), '>');

        if (from + n >= rest->n)
            return false;
        *out_id = plain_id(a, str_sub(*rest, from, n));
        *rest = str_from(*rest, from + n + 1);
    } while (out_id->n == 0);
    return true;
}

static uint64_t first_id_hash(struct arena *a, struct str value)
{
    struct str id;

    return next_id(a, &value, &id) ? mime_id_hash(id) : 0;
}

/* All that fit: the first, and the last ones, which are nearest. */
static uint16_t put_refs(struct buf *out, struct arena *a, struct str value)
{
    uint64_t hashes[MIME_REFS_MAX];
    size_t n = 0;
    struct str id;

    while (next_id(a, &value, &id)) {
        if (n == MIME_REFS_MAX)
            memmove(hashes + 1, hashes + 2, sizeof hashes[0] * (--n - 1));
        hashes[n++] = mime_id_hash(id);
    }
    for (size_t i = 0; i < n; i++)
        rec_put_u64(out, hashes[i]);
    return (uint16_t)n;
}

/* False when the table would say too little or too much. */
static bool put_fields(struct buf *out, struct str header, uint16_t *out_n)
{
    struct mime_field f;
    size_t start = out->n, n = 0;

    for (size_t pos = 0; mime_header_next(header, &pos, &f); n++) {
        if (f.raw.n > UINT16_MAX || n == MIME_FIELDS_MAX) {
            out->n = start;
            return false;
        }
        rec_put_u16(out, f.name.n ? mime_name_hash(f.name) : 0);
        rec_put_u16(out, (uint16_t)f.raw.n);
    }
    *out_n = (uint16_t)n;
    return true;
}

/* Cut between characters. */
static struct str cut(struct str s, size_t most)
{
    if (s.n <= most)
        return s;
    while (most && (s.p[most] & 0xc0) == 0x80)
        most--;
    return str_n(s.p, most);
}

/* The mailbox of the first address as ENVELOPE has it, where the name of a group stands as one (RFC 5256 section 3). */
static struct str sort_key(struct arena *a, struct str value)
{
    struct mime_address_iter it;
    struct mime_address m;
    char *p;

    mime_address_begin(&it, a, value);
    while (mime_address_next(&it, &m)) {
        if (m.kind == MIME_ADDR_GROUP_END)
            continue;
        m.local = cut(m.kind == MIME_ADDR_GROUP_BEGIN ? m.name : m.local, 64);
        p = arena_cstr(a, m.local);
        for (size_t i = 0; i < m.local.n; i++)
            p[i] = ascii_lower(p[i]);
        return str_n(p, m.local.n);
    }
    return STR_NONE;
}

static struct str subject_key(struct arena *a, struct str value, bool *out_is_reply)
{
    struct str base, key;
    struct buf folded;

    *out_is_reply = false;
    if (!value.p)
        return STR_NONE;
    base = cut(mime_base_subject(a, value, out_is_reply), 4096);
    buf_init(&folded, 64 * 4096);
    mime_casefold(base, &folded);
    key = arena_str(a, cut(buf_str(&folded), 255));
    buf_fini(&folded);
    return key;
}

static void put_part_row(struct buf *out, const struct mime_scan_part *p, struct mime_span extension)
{
    rec_put_u16(out, p->parent);
    rec_put_u16(out, p->next);
    rec_put_u16(out, p->flags);
    rec_put_u8(out, p->encoding);
    rec_put_u8(out, 0);
    rec_put_u32(out, p->header_start);
    rec_put_u32(out, p->body_start);
    rec_put_u32(out, p->body_end);
    rec_put_u32(out, p->lines);
    rec_put_u32(out, extension.at);
    rec_put_u32(out, extension.n);
}

void mime_structure_write(const struct mime_structure *m, struct arena *a, struct buf *out)
{
    struct buf envelope, body, fields, refs;
    struct writer w = {m, &body, ARENA_ARRAY(a, struct mime_span, m->n_parts)};
    struct mime_date date = {0};
    struct str subject, from, to, cc;
    struct fields f;
    uint16_t n_fields = 0, n_refs;
    uint8_t flags = m->flags;
    bool reply;

    buf_init(&envelope, LIMIT_MIME_RECORD);
    buf_init(&body, LIMIT_MIME_RECORD);
    buf_init(&fields, LIMIT_MIME_RECORD);
    buf_init(&refs, LIMIT_MIME_RECORD);
    collect(&f, a, m->top);
    put_envelope(&envelope, a, &f);
    put_body(&w, 0);
    n_refs = put_refs(&refs, a, f.v[F_REFERENCES]);
    if (!m->complete || !put_fields(&fields, m->top, &n_fields))
        flags |= MIME_RECORD_NO_FIELDS;
    if (f.v[F_DATE].p && mime_date_parse(f.v[F_DATE], &date) == ST_OK)
        flags |= MIME_RECORD_HAS_DATE;
    subject = subject_key(a, f.v[F_SUBJECT], &reply);
    flags |= reply ? MIME_RECORD_IS_REPLY : 0;
    from = sort_key(a, f.v[F_FROM]);
    to = sort_key(a, f.v[F_TO]);
    cc = sort_key(a, f.v[F_CC]);

    rec_put_u8(out, MIME_RECORD_VERSION);
    rec_put_u8(out, flags);
    rec_put_u16(out, (uint16_t)m->n_parts);
    rec_put_u16(out, n_fields);
    rec_put_u16(out, n_refs);
    rec_put_u32(out, m->size);
    rec_put_u64(out, (uint64_t)date.wall_us);
    rec_put_u16(out, (uint16_t)date.zone);
    rec_put_u16(out, (uint16_t)subject.n);
    rec_put_u8(out, (uint8_t)from.n);
    rec_put_u8(out, (uint8_t)to.n);
    rec_put_u8(out, (uint8_t)cc.n);
    rec_put_u8(out, 0);
    rec_put_u64(out, first_id_hash(a, f.v[F_MESSAGE_ID]));
    rec_put_u64(out, first_id_hash(a, f.v[F_IN_REPLY_TO]));
    rec_put_u32(out, (uint32_t)envelope.n);
    rec_put_u32(out, (uint32_t)body.n);
    for (size_t i = 0; i < m->n_parts; i++)
        put_part_row(out, &m->parts[i], w.extensions[i]);
    buf_add(out, buf_str(&fields));
    buf_add(out, buf_str(&refs));
    buf_add(out, subject);
    buf_add(out, from);
    buf_add(out, to);
    buf_add(out, cc);
    buf_add(out, buf_str(&envelope));
    buf_add(out, buf_str(&body));
    buf_fini(&envelope);
    buf_fini(&body);
    buf_fini(&fields);
    buf_fini(&refs);
}

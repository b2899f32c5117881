/* What several readers know: names of files that carry flags, keyword lists. */
#include "transfer/importer.h"

#include "mime/date.h"

void keyword_names_parse(struct arena *a, struct str text, struct keyword_names *out)
{
    struct str line;

    *out = (struct keyword_names){0};
    while (str_split(&text, '\n', &line)) {
        size_t blank = str_find(line, ' ');
        uint32_t i;

        if (str_u32(str_sub(line, 0, blank), ARRAY_LEN(out->names) - 1, &i) == ST_OK)
            out->names[i] = arena_str(a, str_trim(str_from(line, blank)));
    }
}

void keyword_names_apply(const struct keyword_names *k, struct arena *a, struct str letters, struct letter *out)
{
    struct str *names = ARENA_ARRAY(a, struct str, ARRAY_LEN(k->names) + 1);

    for (size_t i = 0; i < letters.n && out->n_keywords < ARRAY_LEN(k->names) + 1; i++) {
        char c = letters.p[i];

        out->flags |= letter_flag_of(c);
        if (c == 'P')
            names[out->n_keywords++] = STR("$Forwarded");
        if (c >= 'a' && c <= 'z' && k->names[c - 'a'].n)
            names[out->n_keywords++] = k->names[c - 'a'];
    }
    out->keywords = names;
}

void eml_describe(struct str name, const struct keyword_names *k, struct arena *a, int64_t mtime_s, struct letter *l)
{
    size_t comma = str_find(name, ',');
    struct str flags = str_from(name, comma + 1), date;
    struct mime_date when;

    if (comma < name.n && str_u32(str_sub(name, 0, comma), UINT32_MAX, &l->uid) == ST_OK) {
        keyword_names_apply(k, a, str_sub(flags, 0, str_rfind(flags, '.')), l);
        l->date_s = mtime_s;
        return;
    }
    date = letter_field(l->bytes, STR("Date"));
    l->date_s = mime_date_parse(date, &when) == ST_OK && when.wall_us > 0 ? when.wall_us / 1000000 : mtime_s;
}

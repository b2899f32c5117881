#include "admin/command.h"

#include "base/clock.h"
#include "config/nearest.h"

#include <stdio.h>
#include <time.h>

static const struct admin_command commands[] = {
#define COMMAND(noun_, verb_, target_, id_, args_, options_, flags_, help_)                                            \
    {.id = ADMIN_CMD_##id_,                                                                                            \
     .target = ADMIN_##target_,                                                                                        \
     .noun = noun_,                                                                                                    \
     .verb = verb_,                                                                                                    \
     .args = args_,                                                                                                    \
     .options = options_,                                                                                              \
     .help = help_,                                                                                                    \
     .flags = flags_},
#define LOCAL(noun, verb, id, args, options, flags, help) COMMAND(noun, verb, HERE, id, args, options, flags, help)
#include "admin/commands.def"
#include "admin/local.def"
#undef COMMAND
#undef LOCAL
};

static const struct admin_option options[] = {
#define OPTION(name_, value_, help_) {.name = name_, .value = value_, .help = help_},
#include "admin/options.def"
#undef OPTION
};

const struct admin_command *admin_commands(size_t *out_n)
{
    *out_n = ARRAY_LEN(commands);
    return commands;
}

const struct admin_option *admin_options(size_t *out_n)
{
    *out_n = ARRAY_LEN(options);
    return options;
}

bool admin_option_is_common(const char *name)
{
    static const char *const common[] = {"json", "config", "control", "offline"};

    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        if (strcmp(name, common[i]) == 0)
            return true;
    return false;
}

const struct admin_command *admin_find(const struct str *words, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct admin_command *c = &commands[i];

        if (n && str_eq(words[0], str_z(c->noun)) && (!c->verb[0] || (n > 1 && str_eq(words[1], str_z(c->verb)))))
            return c;
    }
    return NULL;
}

static const struct admin_option *option_of(const struct admin_command *c, struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        struct str list = str_z(c->options), part;

        if (!str_eq(name, str_z(options[i].name)))
            continue;
        if (admin_option_is_common(options[i].name))
            return &options[i];
        while (str_split(&list, ' ', &part))
            if (str_eq(part, name))
                return &options[i];
    }
    return NULL;
}

/* Takes words[*at], which begins with --, and its value if it has one. */
static enum st take_option(const struct str *words, size_t n, size_t *at, struct admin_args *out)
{
    struct str word = str_from(words[*at], 2), name = str_sub(word, 0, str_find(word, '=')), value = STR_NONE;
    const struct admin_option *o = option_of(out->command, name);

    if (!o)
        return FAIL(ST_SYNTAX, "%s %s has no option --%.*s", out->command->noun, out->command->verb, STR_ARGS(name));
    if (out->n_options == ADMIN_OPTIONS_MAX)
        return FAIL(ST_SYNTAX, "too many options");
    if (name.n < word.n) {
        if (!o->value[0])
            return FAIL(ST_SYNTAX, "--%s takes no value", o->name);
        value = str_from(word, name.n + 1);
    } else if (o->value[0]) {
        if (*at + 1 == n)
            return FAIL(ST_SYNTAX, "--%s wants a value: %s", o->name, o->value);
        value = words[++*at];
    }
    out->options[out->n_options].name = name;
    out->options[out->n_options++].value = value;
    return ST_OK;
}

static enum st check_count(const struct admin_args *args)
{
    struct str rest = str_z(args->command->args), part;
    size_t least = 0, most = 0;
    bool many = false;
    struct buf usage;
    enum st st;

    while (str_split(&rest, ' ', &part)) {
        many = many || str_search(part, STR("...")) < part.n;
        most += part.n > 0;
        least += part.n > 0 && part.p[0] != '[';
    }
    if (args->n >= least && (many || args->n <= most))
        return ST_OK;
    buf_init(&usage, 1000);
    admin_usage(args->command, &usage);
    st = FAIL(ST_SYNTAX, "usage: restante %.*s", STR_ARGS(buf_str(&usage)));
    buf_fini(&usage);
    return st;
}

/* The command whose noun, or verb behind that noun, somebody may have meant; NULL: none. */
static const struct admin_command *meant(struct str noun, struct str verb)
{
    const struct admin_command *best = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct admin_command *c = &commands[i];
        size_t d = verb.n ? SIZE_MAX : word_distance(noun, str_z(c->noun));

        if (verb.n && str_eq(noun, str_z(c->noun)))
            d = word_distance(verb, str_z(c->verb));
        if (d < least) {
            least = d;
            best = c;
        }
    }
    return best;
}

bool admin_noun_has_verbs(struct str noun)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_eq(noun, str_z(commands[i].noun)))
            return commands[i].verb[0] != 0;
    return false;
}

static enum st no_verb(struct str noun, struct str verb)
{
    const struct admin_command *c = verb.n ? meant(noun, verb) : NULL;
    struct buf all;
    enum st st;

    if (c)
        return FAIL(ST_SYNTAX, "there is no command \"%s %.*s\": did you mean %s %s?", c->noun, (int)MIN(verb.n, 40),
                    verb.p, c->noun, c->verb);
    buf_init(&all, 1000);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_eq(noun, str_z(commands[i].noun)))
            buf_addf(&all, "%s%s", all.n ? ", " : "", commands[i].verb);
    if (verb.n)
        st = FAIL(ST_SYNTAX, "there is no command \"%.*s %.*s\"; there are %.*s", STR_ARGS(noun), (int)MIN(verb.n, 40),
                  verb.p, STR_ARGS(buf_str(&all)));
    else
        st = FAIL(ST_SYNTAX, "%.*s what? %.*s", STR_ARGS(noun), STR_ARGS(buf_str(&all)));
    buf_fini(&all);
    return st;
}

static enum st no_command(const struct str *words, size_t n)
{
    struct str noun = n ? words[0] : STR_NONE;
    const struct admin_command *c;

    if (admin_noun_has_verbs(noun))
        return no_verb(noun, n > 1 && !str_starts(words[1], STR("--")) ? words[1] : STR_NONE);
    c = meant(noun, STR_NONE);
    if (c)
        return FAIL(ST_SYNTAX, "there is no command \"%.*s\": did you mean %s?", (int)MIN(noun.n, 40), noun.p, c->noun);
    return FAIL(ST_SYNTAX, "there is no command \"%.*s\"; restante help lists them", (int)MIN(noun.n, 40), noun.p);
}

enum st admin_parse(struct arena *a, const struct str *words, size_t n, struct admin_args *out)
{
    struct str *list;
    bool only_arguments = false;

    *out = (struct admin_args){.command = admin_find(words, n)};
    if (!out->command)
        return no_command(words, n);
    if (n > ADMIN_WORDS_MAX)
        return FAIL(ST_SYNTAX, "too many words");
    out->args = list = ARENA_ARRAY(a, struct str, n);
    for (size_t i = out->command->verb[0] ? 2 : 1; i < n; i++) {
        if (!only_arguments && str_eq(words[i], STR("--")))
            only_arguments = true;
        else if (!only_arguments && str_starts(words[i], STR("--")))
            TRY(take_option(words, n, &i, out));
        else
            list[out->n++] = words[i];
    }
    return check_count(out);
}

bool admin_value(const struct admin_args *args, const char *option, struct str *out)
{
    for (size_t i = args->n_options; i-- > 0;)
        if (str_eq(args->options[i].name, str_z(option))) {
            *out = args->options[i].value;
            return true;
        }
    return false;
}

bool admin_has(const struct admin_args *args, const char *option)
{
    struct str value;

    return admin_value(args, option, &value);
}

enum st admin_size(struct str text, uint64_t *out)
{
    static const char units[] = "KMGTP";
    const char *unit = text.n ? strchr(units, ascii_upper(text.p[text.n - 1])) : NULL;
    unsigned shift = unit && *unit ? (unsigned)(unit - units + 1) * 10 : 0;
    uint64_t v;

    if (str_u64(shift ? str_sub(text, 0, text.n - 1) : text, (uint64_t)INT64_MAX >> shift, &v) != ST_OK)
        return FAIL(ST_SYNTAX, "\"%.*s\" is no size: write 500M or 10G", STR_ARGS(text));
    *out = v << shift;
    return ST_OK;
}

enum st admin_duration(struct str text, uint64_t *out)
{
    static const char units[] = "smhd";
    static const uint64_t seconds[] = {1, 60, 3600, 86400};
    const char *unit = text.n ? strchr(units, text.p[text.n - 1]) : NULL;
    uint64_t v, each = unit && *unit ? seconds[unit - units] : 1;

    if (str_u64(unit && *unit ? str_sub(text, 0, text.n - 1) : text, (uint64_t)UINT32_MAX / each, &v) != ST_OK ||
        ((!unit || !*unit) && v))
        return FAIL(ST_SYNTAX, "\"%.*s\" is no duration: write 90s, 12h or 14d", STR_ARGS(text));
    *out = v * each;
    return ST_OK;
}

enum st admin_time(struct str text, uint64_t *out_us)
{
    struct tm tm = {0};
    const char *end;
    char copy[32];
    uint64_t ago;

    if (admin_duration(text, &ago) == ST_OK) {
        *out_us = clock_wall_us() - MIN(ago * 1000000, clock_wall_us());
        return ST_OK;
    }
    snprintf(copy, sizeof copy, "%.*s", STR_ARGS(text));
    end = strptime(copy, text.n == 10 ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end || (size_t)(end - copy) + (*end == 'Z') != text.n || (text.n != 10 && text.n != 19 && text.n != 20) ||
        tm.tm_year < 70)
        return FAIL(ST_SYNTAX,
                    "\"%.*s\" is no time: write 2026-11-20, 2026-11-20T10:30:00 (UTC) or 2d, for two days ago",
                    STR_ARGS(text));
    *out_us = (uint64_t)timegm(&tm) * 1000000;
    return ST_OK;
}

void admin_usage(const struct admin_command *c, struct buf *out)
{
    struct str list = str_z(c->options), part;

    buf_addz(out, c->noun);
    if (c->verb[0])
        buf_addf(out, " %s", c->verb);
    if (c->args[0])
        buf_addf(out, " %s", c->args);
    while (str_split(&list, ' ', &part)) {
        const struct admin_option *o = option_of(c, part);

        if (o)
            buf_addf(out, o->value[0] ? " [--%s %s]" : " [--%s]", o->name, o->value);
    }
}

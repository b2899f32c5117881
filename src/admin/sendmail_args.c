/* The options of sendmail(1), as Sendmail, Postfix and Exim take them. What says how, not what (queueing, error modes, files) has no meaning
 * here and is passed over. */
#include "admin/sendmail.h"

#include "base/err.h"

/* With a value, attached or in the next word; what is not used is taken all the same. */
static const char with_value[] = "ABCFLNORVXbefhopr";

static bool is_headers(struct str v)
{
    return str_ieq(v, STR("hdrs")) || str_ieq(v, STR("headers"));
}

static enum st take_ret(struct sendmail_args *out, struct str v)
{
    if (!is_headers(v) && !str_ieq(v, STR("full")))
        return FAIL(ST_SYNTAX, "-R takes full or hdrs");
    out->ret = is_headers(v) ? STR("HDRS") : STR("FULL");
    return ST_OK;
}

/* RFC 3461 section 4.1 */
static enum st take_notify(struct sendmail_args *out, struct str v)
{
    struct str rest = v, word;
    size_t n = 0;

    for (; str_split(&rest, ',', &word); n++)
        if (!str_ieq(word, STR("success")) && !str_ieq(word, STR("failure")) && !str_ieq(word, STR("delay")) &&
            !(str_ieq(word, STR("never")) && str_ieq(v, word)))
            return FAIL(ST_SYNTAX, "-N takes never, or some of success, failure and delay with commas between");
    if (!n)
        return FAIL(ST_SYNTAX, "-N wants a value");
    out->notify = v;
    return ST_OK;
}

static enum st take_mode(struct sendmail_args *out, struct str v)
{
    switch (v.n == 1 ? v.p[0] : 0) {
    case 'm': out->mode = SENDMAIL_DELIVER; return ST_OK;
    case 's': out->mode = SENDMAIL_SPEAK; return ST_OK;
    case 'p': out->mode = SENDMAIL_LIST; return ST_OK;
    case 'i': out->mode = SENDMAIL_NOTHING; return ST_OK;
    case 'd':
    case 'D': return FAIL(ST_SYNTAX, "the server is started with `restante serve`, not with -b%c", v.p[0]);
    default: return FAIL(ST_SYNTAX, "-b%.*s is not done here: there are -bm, -bs and -bp", STR_ARGS(v));
    }
}

static enum st take_value(struct arena *a, struct sendmail_args *out, char option, struct str v)
{
    switch (option) {
    case 'C': out->config = arena_cstr(a, v); return ST_OK;
    case 'F': out->full_name = v; return ST_OK;
    case 'N': return take_notify(out, v);
    case 'R': return take_ret(out, v);
    case 'V': out->envelope_id = v; return ST_OK;
    case 'b': return take_mode(out, v);
    case 'f':
    case 'r':
        out->has_sender = true;
        out->sender = str_eq(v, STR("<>")) ? STR("") : v;
        return ST_OK;
    case 'o':
        if (str_eq(v, STR("i")))
            out->keep_dots = true;
        return ST_OK;
    case 'O':
        if (str_istarts(v, STR("IgnoreDots=t")) || str_istarts(v, STR("IgnoreDots=y")))
            out->keep_dots = true;
        return ST_OK;
    default: return ST_OK;
    }
}

/* Letters without a value, of which the last may have one: -ti, -oi, -Fname. */
static enum st take_word(struct arena *a, struct sendmail_args *out, struct str word, int argc, char **argv, int *io_i)
{
    for (size_t i = 1; i < word.n; i++) {
        char c = word.p[i];

        if (memchr(with_value, c, sizeof with_value - 1)) {
            struct str v = str_from(word, i + 1);

            if (!v.n && ++*io_i == argc)
                return FAIL(ST_SYNTAX, "-%c wants a value", c);
            return take_value(a, out, c, v.n ? v : str_z(argv[*io_i]));
        }
        switch (c) {
        case 't': out->from_header = true; break;
        case 'i': out->keep_dots = true; break;
        case 'q': /* what stands behind it is how often, for a server */
            if (out->mode == SENDMAIL_DELIVER && word.n == 2)
                out->mode = SENDMAIL_RUN_QUEUE;
            return ST_OK;
        case 'v':
        case 'n':
        case 'm':
        case 'x':
        case 'c':
        case 'G':
        case 'I':
        case 'U': break;
        default: return FAIL(ST_SYNTAX, "there is no option -%c", c);
        }
    }
    return ST_OK;
}

static enum st take_long(struct sendmail_args *out, struct str word, int argc, char **argv, int *io_i)
{
    const char **to = str_eq(word, STR("--config"))    ? &out->config
                      : str_eq(word, STR("--control")) ? &out->control
                                                       : NULL;

    if (!to)
        return FAIL(ST_SYNTAX, "there is no option %.*s", STR_ARGS(word));
    if (++*io_i == argc)
        return FAIL(ST_SYNTAX, "%.*s wants a value", STR_ARGS(word));
    *to = argv[*io_i];
    return ST_OK;
}

enum st sendmail_parse(struct arena *a, const char *name, int argc, char **argv, struct sendmail_args *out)
{
    bool only_rcpts = false;

    *out = (struct sendmail_args){.mode = strcmp(name, "mailq") == 0 ? SENDMAIL_LIST : SENDMAIL_DELIVER};
    out->rcpts = ARENA_ARRAY(a, struct str, (size_t)MAX(argc, 1));
    for (int i = 1; i < argc; i++) {
        struct str word = str_z(argv[i]);

        if (only_rcpts || word.n < 2 || word.p[0] != '-')
            out->rcpts[out->n_rcpts++] = word;
        else if (str_eq(word, STR("--")))
            only_rcpts = true;
        else if (word.p[1] == '-')
            TRY(take_long(out, word, argc, argv, &i));
        else
            TRY(take_word(a, out, word, argc, argv, &i));
    }
    return ST_OK;
}

#include "base/json.h"
#include "base/must.h"

void json_init(struct json *j, struct buf *out)
{
    *j = (struct json){.out = out};
}

static void before_value(struct json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->filled[j->depth])
        buf_addc(j->out, ',');
    j->filled[j->depth] = true;
}

static void begin(struct json *j, char c)
{
    before_value(j);
    buf_addc(j->out, c);
    j->depth++;
    must(j->depth < JSON_DEPTH_MAX);
    j->filled[j->depth] = false;
}

static void end(struct json *j, char c)
{
    must(j->depth > 0);
    j->depth--;
    buf_addc(j->out, c);
}

void json_object(struct json *j)
{
    begin(j, '{');
}
void json_object_end(struct json *j)
{
    end(j, '}');
}
void json_array(struct json *j)
{
    begin(j, '[');
}
void json_array_end(struct json *j)
{
    end(j, ']');
}

static void add_text(struct json *j, struct str s)
{
    buf_addc(j->out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

        if (c == '"' || c == '\\') {
            buf_addc(j->out, '\\');
            buf_addc(j->out, (char)c);
        } else if (c < 0x20) {
            buf_addf(j->out, "\\u%04x", c);
        } else if (c < 0x80) {
            buf_addc(j->out, (char)c);
        } else if (len <= s.n - i && str_is_utf8(str_n(s.p + i, len))) {
            buf_add(j->out, str_n(s.p + i, len));
            i += len - 1;
        } else {
            buf_addz(j->out, "\xef\xbf\xbd");
        }
    }
    buf_addc(j->out, '"');
}

void json_key(struct json *j, const char *key)
{
    before_value(j);
    add_text(j, str_z(key));
    buf_addc(j->out, ':');
    j->after_key = true;
}

void json_str(struct json *j, struct str s)
{
    before_value(j);
    add_text(j, s);
}

void json_u64(struct json *j, uint64_t v)
{
    before_value(j);
    buf_add_u64(j->out, v);
}

void json_bool(struct json *j, bool v)
{
    before_value(j);
    buf_addz(j->out, v ? "true" : "false");
}

void json_null(struct json *j)
{
    before_value(j);
    buf_addz(j->out, "null");
}

void json_raw(struct json *j, struct str values)
{
    if (!values.n)
        return;
    before_value(j);
    buf_add(j->out, values);
}

void json_kv_str(struct json *j, const char *key, struct str s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_kv_u64(struct json *j, const char *key, uint64_t v)
{
    json_key(j, key);
    json_u64(j, v);
}

void json_kv_i64(struct json *j, const char *key, int64_t v)
{
    json_key(j, key);
    before_value(j);
    buf_addf(j->out, "%lld", (long long)v);
}

void json_kv_bool(struct json *j, const char *key, bool v)
{
    json_key(j, key);
    json_bool(j, v);
}

/* Any bytes as a letter that is to be signed: the hash of its body does not depend on how it is cut, and the field is one that a
 * reader of headers takes as one field. */
#include "base/must.h"
#include "mime/header.h"
#include "policy/dkim_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hash_cut(struct str body, size_t at, unsigned char out[DKIM_HASH])
{
    struct dkim_body b;

    dkim_body_begin(&b);
    dkim_body_add(&b, str_sub(body, 0, at));
    dkim_body_add(&b, str_from(body, at));
    dkim_body_end(&b, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dkim_signer by = {.domain = STR("a.test"), .selector = STR("s"), .algorithm = DKIM_RSA, .time_s = 1};
    struct str letter = str_n((const char *)data, size), begin, field;
    unsigned char hash[DKIM_HASH], other[DKIM_HASH];
    struct arena a = ARENA_INIT;
    struct dkim_letter l;
    struct mime_field f;
    size_t pos = 0;

    hash_cut(letter, 0, hash);
    hash_cut(letter, size ? data[0] % size : 0, other);
    must(memcmp(hash, other, DKIM_HASH) == 0);
    if (dkim_read(&a, letter, &l) == ST_OK) {
        begin = dkim_field_begin(&a, &l, &by, hash);
        field = dkim_field_end(&a, begin, str_n((const char *)hash, DKIM_HASH));
        must(mime_header_next(field, &pos, &f) && pos == field.n && str_ieq(f.name, STR("DKIM-Signature")));
    }
    arena_fini(&a);
    return 0;
}
